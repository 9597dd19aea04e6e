import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { until } from '../interop/until.js';

/** Milliseconds in which a program says what it is to say. */
const PATIENCE = 30_000;

/** A program of Node's that runs beside a daemon, and what it has printed. */
export class Started {
  private readonly child: ChildProcessByStdio<Writable, Readable, Readable>;
  private text = '';
  /** Undefined until it has ended and all that it printed is there. */
  private code: number | null | undefined;

  constructor(
    private readonly file: string,
    args: readonly string[],
    runDir: string,
  ) {
    const env = { ...process.env, COTERIE_RUN_DIR: runDir };
    this.child = spawn(process.execPath, [file, ...args], { env, stdio: ['pipe', 'pipe', 'pipe'] });
    this.child.stdin.on('error', () => undefined);
    for (const stream of [this.child.stdout, this.child.stderr])
      stream.on('data', (chunk: Buffer) => (this.text += chunk.toString()));
    this.child.once('close', (code) => (this.code = code));
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** Complete lines that fit. */
  lines(pattern: RegExp): string[] {
    return this.text
      .split('\n')
      .slice(0, -1)
      .filter((line) => pattern.test(line));
  }

  /** Waits until it has printed so many lines that fit. @throws Error if it does not, or ends before */
  async says(pattern: RegExp, times = 1): Promise<void> {
    await until(`${times} x ${pattern} from ${this.file}`, PATIENCE, () => {
      if (this.lines(pattern).length >= times) return undefined;
      const said = `it said:\n${this.text}`;
      if (this.code !== undefined) throw new Error(`it ended with ${this.code}; ${said}`);
      return said;
    });
  }

  type(line: string): void {
    this.child.stdin.write(`${line}\n`);
  }

  /** As Ctrl-D does. */
  endInput(): void {
    this.child.stdin.end();
  }

  interrupt(): void {
    this.child.kill('SIGINT');
  }

  /** Waits until it has ended; its exit code, null if a signal ended it. */
  async ended(): Promise<number | null> {
    await until(`the end of ${this.file}`, PATIENCE, () =>
      this.code === undefined ? `it still runs:\n${this.text}` : undefined,
    );
    return this.code!;
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }
}
