import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import {
  CHANNEL_FD,
  CHANNEL_LIMIT,
  type ProcessEnd,
  type ProcessGroup,
  type ProcessIdentity,
  type ProcessListener,
  type Processes,
  type ProgramToStart,
} from '../processes.js';

/** Milliseconds between looks at a process that was not started here: nobody says when it ends. */
const LOOK = 200;
/** Milliseconds that lines may still come through the channel of a process that is gone. */
const LAST_WORDS = 100;

export interface SystemProcessesOptions {
  /** Standard input of what is started: empty, or that of this process. */
  readonly input: 'empty' | 'shared';
  /** Number and primary group of a user; undefined: no such user. It runs with no other group. */
  account?(user: string): { readonly uid: number; readonly gid: number } | undefined;
}

/** The processes of this machine. */
export class SystemProcesses implements Processes {
  constructor(private readonly options: SystemProcessesOptions) {}

  start(program: ProgramToStart, listener: ProcessListener): ProcessGroup | undefined {
    const refuse = (reason: string): undefined => {
      setImmediate(() => listener.ended({ kind: 'not-started', reason }));
    };
    const { user } = program;
    const account = user === undefined ? undefined : this.options.account?.(user);
    if (user !== undefined && account === undefined) return refuse(`there is no user ${user}`);
    let child: ChildProcess;
    try {
      child = this.spawn(program, account);
    } catch (error) {
      return refuse((error as Error).message);
    }
    const { pid } = child;
    if (pid === undefined) {
      child.once('error', (error) => listener.ended({ kind: 'not-started', reason: error.message }));
      return undefined;
    }
    child.on('error', () => undefined);
    const channel = program.channel ? new Channel(child.stdio[CHANNEL_FD] as Duplex, listener) : undefined;
    child.once('exit', (code, signal) => {
      const end: ProcessEnd =
        signal === null ? { kind: 'exit', code: code ?? 0 } : { kind: 'signal', signal };
      if (channel === undefined) listener.ended(end);
      else channel.afterLastWords(() => listener.ended(end));
    });
    return new SystemGroup(pid, birthOf(pid) ?? '', channel);
  }

  adopt(identity: ProcessIdentity, listener: Pick<ProcessListener, 'ended'>): ProcessGroup | undefined {
    const { pid, birth } = identity;
    if (birth === '' || birthOf(pid) !== birth) return undefined;
    const look = setInterval(() => {
      if (birthOf(pid) === birth) return;
      clearInterval(look);
      listener.ended({ kind: 'unknown' });
    }, LOOK);
    look.unref();
    return new SystemGroup(pid, birth, undefined);
  }

  private spawn(
    { command, environment, channel }: ProgramToStart,
    account: object | undefined,
  ): ChildProcess {
    const [file, ...args] = command;
    const input = this.options.input === 'shared' ? 'inherit' : 'ignore';
    // Detached is a session, and so a process group, of its own.
    return spawn(file, args, {
      ...{ detached: true, env: environment, ...account },
      stdio: channel ? [input, 'inherit', 'inherit', 'pipe'] : [input, 'inherit', 'inherit'],
    });
  }
}

class SystemGroup implements ProcessGroup {
  constructor(
    readonly pid: number,
    readonly birth: string,
    private readonly channel: Channel | undefined,
  ) {}

  signal(name: string | undefined): boolean {
    try {
      process.kill(-this.pid, name ?? 0);
      return true;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'ESRCH') return false;
      // Who is left has changed its user.
      if (code === 'EPERM') return true;
      throw error;
    }
  }

  say(line: string): void {
    this.channel?.say(line);
  }
}

class Channel {
  private rest = '';

  constructor(
    private readonly socket: Duplex,
    private readonly listener: ProcessListener,
  ) {
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => this.heard(text));
    socket.on('error', () => undefined);
  }

  say(line: string): void {
    if (this.socket.writableLength > CHANNEL_LIMIT) this.socket.destroy();
    else if (this.socket.writable) this.socket.write(`${line}\n`);
  }

  /** A descendant may keep the other end open for ever. */
  afterLastWords(run: () => void): void {
    if (this.socket.destroyed || this.socket.readableEnded) return run();
    const late = setTimeout(() => this.socket.destroy(), LAST_WORDS);
    this.socket.once('close', () => {
      clearTimeout(late);
      run();
    });
    this.socket.end();
  }

  private heard(text: string): void {
    let from = 0;
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', from)) {
      const line = this.rest + text.slice(from, end);
      this.rest = '';
      from = end + 1;
      if (line.length > CHANNEL_LIMIT) return void this.socket.destroy();
      this.listener.line?.(line);
    }
    this.rest += text.slice(from);
    if (this.rest.length > CHANNEL_LIMIT) this.socket.destroy();
  }
}

let boot: string | undefined;

/** When a living process was started: the boot, and clock ticks since it. Undefined: there is none, or it is a zombie. */
function birthOf(pid: number): string | undefined {
  try {
    boot ??= readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // proc(5): the name, in parentheses, may hold anything; behind it state (3) and, as the 22nd field, starttime.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return /^[ZXx]/.test(fields[0] ?? 'X') ? undefined : `${boot}:${fields[19]}`;
  } catch {
    return undefined;
  }
}
