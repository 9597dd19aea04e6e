import { spawn, type ChildProcess } from 'node:child_process';

/** A program that runs until it is told to end, and what it has written so far. */
export class Background {
  output = '';
  private readonly child: ChildProcess;
  private readonly over: Promise<void>;

  constructor([program, ...args]: readonly [string, ...string[]]) {
    this.child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [this.child.stdout!, this.child.stderr!])
      stream.on('data', (text: Buffer) => (this.output += text.toString()));
    this.over = new Promise((resolve) => this.child.once('close', () => resolve()));
  }

  /** The last of what it wrote, for messages. */
  get tail(): string {
    return this.output.trimEnd().split('\n').slice(-10).join('\n');
  }

  /** Returns once it has ended, and with it whatever writes where it does. */
  async end(signal: NodeJS.Signals): Promise<void> {
    this.child.kill(signal);
    await this.over;
  }
}
