import { spawn, type ChildProcessByStdio } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';

const bin = fileURLToPath(new URL('../bin/coterie.js', import.meta.url));

/** A run of the command, as a user would run it from the folder `cwd`. */
export class Coterie {
  out = '';
  err = '';
  readonly child: ChildProcessByStdio<null, Readable, Readable>;
  private readonly closed: Promise<unknown[]>;

  constructor(args: readonly string[], cwd: string) {
    const { COTERIE_RUN_DIR: _, ...env } = process.env;
    this.child = spawn(process.execPath, [bin, ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
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
