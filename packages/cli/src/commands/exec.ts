import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { CoterieError } from '@coterie/sdk';
import { DaemonCommand } from '../command.js';

export default class Exec extends DaemonCommand {
  static override summary = 'Run a program that talks to the chosen daemon';
  static override description =
    'The program finds the daemon by COTERIE_RUN_DIR, which is set for it. Ends with its exit code.';
  static override examples = ['<%= config.bin %> exec --node 2 -- node dist/example.js'];
  static override strict = false;

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(Exec);
    const [program, ...args] = argv as string[];
    if (program === undefined)
      throw new CoterieError('COTERIE_E_USAGE', 'say which program: exec -- PROGRAM');
    const child = spawn(program, args, {
      stdio: 'inherit',
      env: { ...process.env, COTERIE_RUN_DIR: this.runDir(flags) },
    });
    const ended = once(child, 'exit').catch((cause: Error) => {
      throw new CoterieError('COTERIE_E_USAGE', `cannot run ${program}: ${cause.message}`, { cause });
    });
    // A terminal sends its signals to the program too; it decides what they mean.
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
    const [code, signal] = (await ended) as [number | null, NodeJS.Signals | null];
    process.exitCode = signal === null ? (code ?? 1) : 128 + constants.signals[signal];
  }
}
