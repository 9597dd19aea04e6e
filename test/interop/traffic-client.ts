import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { type Delivery, type Line, type Quorum, type View, readLine } from './lines.js';
import { until } from './until.js';

/** A running traffic client, be it cpg-traffic.c or cpg-traffic.ts: everything it has seen, and a way to tell it what to do. */
export class TrafficClient {
  readonly lines: Line[] = [];
  /** `node:pid`; empty until it is connected. */
  self = '';
  view: View | undefined;
  quorum: Quorum | undefined;
  ring: string | undefined;
  groups: readonly string[] | undefined;
  /** Why it has ended. */
  over: string | undefined;
  /** It was asked to send, and has not said that it is done. */
  sending = false;
  /** Messages of its own that the daemon has taken. */
  sent = 0;
  /** What it got last of each sender. */
  readonly last = new Map<string, Delivery>();
  private readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  private complaints = '';

  constructor(
    readonly nodeId: number,
    [program, ...args]: readonly [string, ...string[]],
  ) {
    this.child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.child.stdin.on('error', () => undefined);
    this.child.stderr.on('data', (text: Buffer) => (this.complaints += text.toString()));
    createInterface(this.child.stdout).on('line', (text) => this.take(text));
    this.child.on('close', (code, signal) => {
      this.over ??= `${signal ?? `exit code ${code}`} ${this.complaints}`;
      this.sending = false;
    });
  }

  /**
   * Sends `count` messages (without it: until told to stop), one every `interval` microseconds.
   *
   * @param size bytes, 1 to 4 MiB
   */
  send(size: number, interval: number, count = -1): void {
    this.sending = true;
    this.tell(`send ${count} ${size} ${interval}`);
  }

  stopSending(): void {
    this.tell('stop');
  }

  /** Asks for the groups that the daemon knows; the answer goes to {@link groups}. */
  askGroups(): void {
    this.groups = undefined;
    this.tell('groups');
  }

  leave(): void {
    this.tell('leave');
  }

  /** It finds everybody in the same views as itself, and is itself one of them. */
  get joined(): boolean {
    return this.over === undefined && this.view !== undefined && this.view.members.includes(this.self);
  }

  /** Of this process alone, `node:pid:reason`; the ring may have changed since. */
  sawLeave(process: string): boolean {
    return this.lines.some((line) => line.kind === 'view' && line.left.join() === process);
  }

  async close(): Promise<void> {
    this.tell('quit');
    const ended = () => (this.over === undefined ? 'it still runs' : undefined);
    await until(`end of the client of node ${this.nodeId}`, 2000, ended).catch(() => this.kill());
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }

  pause(): void {
    this.child.kill('SIGSTOP');
  }

  resume(): void {
    this.child.kill('SIGCONT');
  }

  private tell(command: string): void {
    this.child.stdin.write(`${command}\n`);
  }

  private take(text: string): void {
    const line = readLine(text);
    this.lines.push(line);
    switch (line.kind) {
      case 'start':
        this.self = line.self;
        break;
      case 'sent':
        this.sent = line.counter + 1;
        break;
      case 'done':
        this.sending = false;
        break;
      case 'got':
        this.last.set(line.from, line);
        break;
      case 'view':
        this.view = line;
        break;
      case 'ring':
        this.ring = line.ring;
        break;
      case 'quorum':
        this.quorum = line;
        break;
      case 'groups':
        this.groups = line.processes;
        break;
      case 'end':
        this.over = line.why;
        break;
    }
  }
}
