import { Errors, flush, run, settings } from '@oclif/core';
import { errorCode } from './command.js';
import { paint } from './paint.js';

/** Runs the command line; the exit code is 0, 1 for an error, or what the command says (2: not quorate). */
export async function main(args: string[], bin: string): Promise<void> {
  // Commands are compiled; without this oclif looks for their TypeScript sources.
  settings.enableAutoTranspile = false;
  try {
    // oclif's own help command is a package of its own.
    await run(args[0] === 'help' ? [...args.slice(1), '--help'] : args, bin);
  } catch (error) {
    if (error instanceof Errors.ExitError) process.exitCode = error.oclif.exit ?? 0;
    else {
      process.stderr.write(`${describe(error)}\n`);
      process.exitCode = 1;
    }
  }
  await flush();
}

/** An error that has a code is for the reader; any other is a defect and shows where it came from. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = errorCode(error);
  return code === undefined ? (error.stack ?? error.message) : `${paint.bad(code)}: ${error.message}`;
}
