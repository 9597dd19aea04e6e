import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

const bin = fileURLToPath(new URL('../bin/coterie.js', import.meta.url));

/** A run of the command, as a user would run it from the folder `cwd`. */
export class Coterie {
  out = '';
  err = '';
  readonly child: ChildProcessWithoutNullStreams;
  private readonly closed: Promise<unknown[]>;

  /** @param input what its standard input holds @param node options of Node's own */
  constructor(args: readonly string[], cwd: string, input = '', node: readonly string[] = []) {
    const { COTERIE_RUN_DIR: _, ...env } = process.env;
    this.child = spawn(process.execPath, [...node, bin, ...args], { cwd, env });
    // A command that does not read it may be gone by now.
    this.child.stdin.on('error', () => undefined).end(input);
    this.child.stdout.on('data', (chunk: Buffer) => (this.out += chunk.toString()));
    this.child.stderr.on('data', (chunk: Buffer) => (this.err += chunk.toString()));
    this.closed = once(this.child, 'close');
  }

  /** The exit code; null if a signal ended it. */
  async code(): Promise<number | null> {
    const [code] = await this.closed;
    return code as number | null;
  }

  /** Resolves once the output has a match; rejects if the command ends without. */
  async says(pattern: RegExp): Promise<void> {
    const ended = this.closed.then(() => 'ended');
    while (!pattern.test(this.out)) {
      const what = await Promise.race([once(this.child.stdout, 'data'), ended]);
      if (what === 'ended' && !pattern.test(this.out)) {
        throw new Error(`ended without ${pattern}:\n${this.out}\n${this.err}`);
      }
    }
  }
}
