import { basename } from 'node:path';
import type { ProcessEnd } from '@coterie/sdk';
import { Variable } from '../supervision/channel.js';
import { Supervised } from './supervised.js';
import { supervise, type ProgramTerms, type SuperviseOptions } from './supervisor.js';

/** What becomes of the program when it fails. */
export type RegisterTerms = Partial<Omit<ProgramTerms, 'command' | 'health' | 'environment'>>;

/**
 * Splits the running program in two, as sam_register does: this process becomes the supervisor and goes no further,
 * and the program is started again as the process that is supervised, where the promise resolves. So this is one of
 * the first things that a program does, and what stands before it is done by both.
 *
 * Terms and options are the supervisor's; where the daemon or another supervisor has started the program, its own count. The
 * supervisor ends with the program's exit code when it is not to be started again; SIGTERM, SIGINT and SIGHUP to the
 * supervisor end both.
 *
 * @throws CoterieError COTERIE_E_CLIENT_*: the record, or quorum, needs a daemon, and there is none.
 */
export async function register(
  terms: RegisterTerms = {},
  options: SuperviseOptions = {},
): Promise<Supervised> {
  if (process.env[Variable.descriptor] !== undefined) return new Supervised(process.env);
  const command = [process.execPath, ...process.execArgv, ...process.argv.slice(1)] as const;
  const name = basename(process.argv[1] ?? process.execPath);
  const supervisor = await supervise(
    { ...terms, command, health: 'library' },
    { name, stopOn: ['SIGTERM', 'SIGINT', 'SIGHUP'], ...options },
  );
  const { end, failed } = await supervisor.ended;
  process.exit(exitCode(end, failed));
}

/** The program's own; 1 if a signal ended it or it never ran. */
export function exitCode(end: ProcessEnd | undefined, failed: boolean): number {
  if (end?.kind === 'exit') return end.code;
  return failed || end?.kind === 'signal' ? 1 : 0;
}
