import { CoterieError } from '@coterie/sdk';
import { Errors, flush, run, settings } from '@oclif/core';
import { paint } from './paint.js';

/** Runs the command line; the exit code is 0, 1 for an error, or what the command says (2: not quorate). */
export async function main(args: string[], bin: string): Promise<void> {
  // Commands are compiled; without this oclif looks for their TypeScript sources.
  settings.enableAutoTranspile = false;
  try {
    await run(args, bin);
  } catch (error) {
    if (error instanceof Errors.ExitError) process.exitCode = error.oclif.exit ?? 0;
    else {
      process.stderr.write(`${describe(error)}\n`);
      process.exitCode = 1;
    }
  }
  await flush();
}

/** An error of ours or of the command line is for the reader; any other is a defect and shows where it came from. */
function describe(error: unknown): string {
  if (error instanceof CoterieError) return `${paint.bad(error.code)}: ${error.message}`;
  if (error instanceof Errors.CLIError) return `${paint.bad('COTERIE_E_USAGE')}: ${error.message}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
