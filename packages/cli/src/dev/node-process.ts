import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const LEASH = new URL('./leash.js', import.meta.url).href;

/** The daemon's program in the core package that this command came with. */
const coteried = join(
  dirname(createRequire(import.meta.url).resolve('@coterie/core/package.json')),
  'bin',
  'coteried.js',
);

export interface NodePlace {
  readonly nodeId: number;
  readonly port: number;
  readonly runDir: string;
  readonly stateDir: string;
  readonly log: string;
}

/** One node of a development cluster: a daemon in a process of its own, which can be killed and started again. */
export class NodeProcess {
  private child: ChildProcess | undefined;
  private ended: Promise<void> = Promise.resolve();

  /** @param died called when the daemon ends without having been asked to. */
  constructor(
    readonly place: NodePlace,
    private readonly project: string,
    private readonly configuration: string,
    private readonly died: (node: NodeProcess, how: string) => void,
  ) {}

  get pid(): number | undefined {
    return this.child?.pid;
  }

  start(): void {
    const { nodeId, runDir, stateDir, log } = this.place;
    mkdirSync(runDir, { recursive: true, mode: 0o700 });
    mkdirSync(stateDir, { recursive: true, mode: 0o700 });
    const out = openSync(log, 'a');
    const options = ['-f', '-c', this.configuration, '--project', this.project];
    options.push('--run-dir', runDir, '--state-dir', stateDir, '--node', `${nodeId}`);
    const child = spawn(process.execPath, ['--import', LEASH, coteried, ...options], {
      cwd: this.project,
      // Its standard input is the leash; it must not get the terminal's signals before it is asked to leave.
      stdio: ['pipe', out, out],
      detached: true,
    });
    closeSync(out);
    child.stdin?.on('error', () => undefined);
    this.child = child;
    this.ended = new Promise((resolve) => {
      const end = (how: string): void => {
        resolve();
        if (this.child !== child) return;
        this.child = undefined;
        this.died(this, how);
      };
      child.once('error', (error) => end(error.message));
      child.once('exit', (code, signal) => end(signal ? `signal ${signal}` : `exit code ${code}`));
    });
  }

  /** Ends it as a power failure would. */
  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.ended;
  }

  /** Asks it to leave the ring; kills it if it has not after `patience` milliseconds. */
  async leave(patience: number): Promise<void> {
    const child = this.signal('SIGTERM');
    const timer = setTimeout(() => child?.kill('SIGKILL'), patience);
    await this.ended;
    clearTimeout(timer);
  }

  /** The last lines of its log. */
  lastWords(lines: number): string[] {
    try {
      return readFileSync(this.place.log, 'utf8').trimEnd().split('\n').slice(-lines);
    } catch {
      return [];
    }
  }

  /** From here on its end is no surprise. */
  private signal(signal: NodeJS.Signals): ChildProcess | undefined {
    const child = this.child;
    this.child = undefined;
    child?.kill(signal);
    return child;
  }
}
