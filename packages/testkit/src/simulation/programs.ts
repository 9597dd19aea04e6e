import type {
  NodeId,
  ProcessEnd,
  ProcessGroup,
  ProcessIdentity,
  ProcessListener,
  Processes,
  ProgramToStart,
} from '@coterie/sdk';
import type { SimulatedProcess } from './process.js';
import type { Schedule } from './schedule.js';

/** Milliseconds from a program's doing until its starter hears of it. */
const LATENCY = 0.05;
/** Milliseconds until the end of a program that was adopted is seen. */
const LOOK = 200;

/** What a program does, from its start on. */
export type Behaviour = (program: SimulatedProgram) => void;

/** The programs that run on a node besides its daemon, whose lives they may outlive. */
export class SimulatedPrograms {
  /** Those that live, oldest first. */
  readonly running: SimulatedProgram[] = [];
  private readonly installed = new Map<string, Behaviour>();
  private pids = 1000;

  constructor(
    private readonly schedule: Schedule,
    private readonly node: NodeId,
  ) {}

  /** From now on there is a program with this command line, by itself or as the one that /bin/sh is given. */
  install(command: string, behaviour: Behaviour): void {
    this.installed.set(command, behaviour);
  }

  uninstall(command: string): void {
    this.installed.delete(command);
  }

  /** The port of one life of the daemon. */
  of(daemon: SimulatedProcess): Processes {
    const hear = (delay: number, run: () => void) => this.schedule.after(delay, () => daemon.input(run));
    return {
      start: (what, listener) => this.start(what, listener, hear),
      adopt: (identity, listener) => this.adopt(identity, listener, hear),
    };
  }

  private start(what: ProgramToStart, listener: ProcessListener, hear: Hear): ProcessGroup | undefined {
    const [file, flag, script] = what.command;
    const command = file === '/bin/sh' && flag === '-c' ? script! : what.command.join(' ');
    const behaviour = this.installed.get(command);
    if (behaviour === undefined) {
      hear(LATENCY, () => listener.ended({ kind: 'not-started', reason: `ENOENT ${command}` }));
      return undefined;
    }
    const program = new SimulatedProgram(
      ++this.pids,
      `${this.node}:${this.schedule.now}`,
      what,
      command,
      () => {
        this.running.splice(this.running.indexOf(program), 1);
      },
    );
    this.running.push(program);
    program.onEnd = (end) => hear(LATENCY, () => listener.ended(end));
    program.onLine = (text) => hear(LATENCY, () => listener.line?.(text));
    this.schedule.after(LATENCY, () => {
      if (program.alive) behaviour(program);
    });
    return program;
  }

  private adopt(
    { pid, birth }: ProcessIdentity,
    listener: Pick<ProcessListener, 'ended'>,
    hear: Hear,
  ): ProcessGroup | undefined {
    const program = this.running.find((other) => other.pid === pid && other.birth === birth);
    if (program === undefined) return undefined;
    // The channel ended with the life of the daemon that had it.
    program.onLine = () => undefined;
    program.onEnd = () => hear(LOOK, () => listener.ended({ kind: 'unknown' }));
    return program;
  }
}

type Hear = (delay: number, run: () => void) => void;

/** One process group. A behaviour sets what it does when it is signalled or spoken to. */
export class SimulatedProgram implements ProcessGroup {
  alive = true;
  /** Does what it has started live on when its leader ends, until SIGKILL? */
  leavesOthers = false;
  /** What it was told through its channel. */
  readonly heard: string[] = [];
  /** Signals that it got, SIGKILL excepted. */
  readonly signals: string[] = [];
  onHeard: (line: string) => void = () => undefined;
  /** Unless told otherwise it ends at once. */
  onSignal: (name: string) => void = (name) => this.finish({ kind: 'signal', signal: name });
  /** @internal */
  onEnd: (end: ProcessEnd) => void = () => undefined;
  /** @internal */
  onLine: (line: string) => void = () => undefined;
  private othersLive = false;

  constructor(
    readonly pid: number,
    readonly birth: string,
    readonly what: ProgramToStart,
    readonly command: string,
    private readonly gone: () => void,
  ) {}

  /** Speaks through its channel. */
  tell(line: string): void {
    if (this.alive && this.what.channel) this.onLine(line);
  }

  exit(code: number): void {
    this.finish({ kind: 'exit', code });
  }

  signal(name: string | undefined): boolean {
    if (!this.alive && !this.othersLive) return false;
    if (name === undefined) return true;
    if (name === 'SIGKILL') {
      this.othersLive = this.leavesOthers = false;
      if (this.alive) this.finish({ kind: 'signal', signal: name });
      return true;
    }
    this.signals.push(name);
    if (this.alive) this.onSignal(name);
    return true;
  }

  say(line: string): void {
    if (!this.alive) return;
    this.heard.push(line);
    this.onHeard(line);
  }

  private finish(end: ProcessEnd): void {
    if (!this.alive) return;
    this.alive = false;
    this.othersLive = this.leavesOthers;
    this.gone();
    this.onEnd(end);
  }
}
