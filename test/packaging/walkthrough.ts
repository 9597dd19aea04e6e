import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A block of a page: commands to type, or a file to write. */
interface Step {
  readonly kind: 'commands' | 'file';
  readonly path: string;
  readonly text: string;
}

/** What the commands of a block printed, and how many milliseconds they took. */
export interface Typed {
  readonly commands: string;
  readonly output: string;
  readonly took: number;
}

/** Milliseconds that a block may take. */
const PATIENCE = 240_000;
/** What a command says that goes on until it is interrupted, once it is up. */
const STAYS_UP = /The cluster stays up/;

/** Does what a page says, as a reader would who copies its blocks one after the other. */
export class Walkthrough {
  private readonly steps: readonly Step[];
  /** What runs in terminals of its own. */
  private readonly terminals: ChildProcess[] = [];

  constructor(
    page: string,
    private folder: string,
    private readonly environment: NodeJS.ProcessEnv,
  ) {
    const text = readFileSync(page, 'utf8');
    this.steps = Array.from(text.matchAll(/```(sh|ts)\n([^]*?)```/g), ([, language, block]): Step => {
      if (language === 'sh') return { kind: 'commands', path: '', text: block! };
      const [, path] = /^\/\/ (\S+)\n/.exec(block!) ?? [];
      if (path === undefined) throw new Error(`a file without its path:\n${block}`);
      return { kind: 'file', path, text: block! };
    });
  }

  /** @throws Error with what a command printed, if it fails */
  async walk(): Promise<readonly Typed[]> {
    const typed: Typed[] = [];
    for (const { kind, path, text } of this.steps) {
      if (kind === 'commands') typed.push(await this.type(text));
      else {
        mkdirSync(dirname(join(this.folder, path)), { recursive: true });
        writeFileSync(join(this.folder, path), text);
      }
    }
    return typed;
  }

  /** Interrupts what still runs, as Ctrl-C does. */
  async end(): Promise<void> {
    for (const terminal of this.terminals) {
      if (terminal.exitCode !== null || terminal.signalCode !== null) continue;
      // The shell, npx and the command: Ctrl-C reaches the whole group.
      process.kill(-terminal.pid!, 'SIGINT');
      await once(terminal, 'close');
    }
  }

  private async type(commands: string): Promise<Typed> {
    const began = performance.now();
    const where = join(this.folder, '.where');
    const staysUp = commands.includes('coterie dev');
    const script = staysUp ? commands : `${commands}\npwd >'${where}'`;
    const shell = spawn('bash', ['-ec', script], {
      cwd: this.folder,
      env: this.environment,
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    this.terminals.push(shell);
    let output = '';
    for (const stream of [shell.stdout, shell.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const closed = once(shell, 'close');
    const patience = setTimeout(() => process.kill(-shell.pid!, 'SIGKILL'), PATIENCE);
    try {
      while (staysUp && !STAYS_UP.test(output)) {
        if ((await Promise.race([once(shell.stdout, 'data'), closed.then(() => 'over')])) === 'over') break;
      }
      if (!staysUp) await closed;
    } finally {
      clearTimeout(patience);
    }
    const failed = staysUp ? !STAYS_UP.test(output) : shell.exitCode !== 0;
    if (failed) throw new Error(`in ${this.folder}:\n${commands}\nended with ${shell.exitCode}:\n${output}`);
    if (!staysUp) this.folder = readFileSync(where, 'utf8').trim();
    return { commands, output, took: performance.now() - began };
  }
}
