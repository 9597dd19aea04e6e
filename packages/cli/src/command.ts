import { CoterieError, type ErrorCode } from '@coterie/sdk';
import { Args, Command, Errors, Flags } from '@oclif/core';
import { runDirOf, type DaemonChoice } from './daemon.js';

/** Exit code of a command that reads, when the node is not quorate. */
export const NOT_QUORATE = 2;

const MAX_U32 = 0xffff_ffff;

/** A node id, or votes: oclif's own integers say with a stack what they do not take. */
export const numberArg = Args.custom<number>({
  parse: async (text) => {
    const number = /^\d{1,10}$/.test(text) ? Number(text) : 0;
    if (number >= 1 && number <= MAX_U32) return number;
    throw new CoterieError('COTERIE_E_USAGE', `"${text}" is no number from 1 to ${MAX_U32}`);
  },
});

/** A command that talks to a daemon of this machine. */
export abstract class DaemonCommand extends Command {
  static override baseFlags = {
    'run-dir': Flags.string({ summary: 'Run folder of the daemon', helpGroup: 'DAEMON' }),
    node: Flags.integer({ summary: 'Node of the development cluster', min: 1, helpGroup: 'DAEMON' }),
  };

  protected runDir(flags: { 'run-dir'?: string | undefined; node?: number | undefined }): string {
    return runDirOf({ runDir: flags['run-dir'], node: flags.node } satisfies DaemonChoice, process.cwd());
  }

  protected override toErrorJson(error: unknown): unknown {
    return errorJson(error);
  }
}

/** @throws CoterieError COTERIE_E_USAGE if the text is longer than messages to the daemon have room for */
export function fits(what: string, text: string, bytes: number): void {
  const length = Buffer.byteLength(text);
  if (length > bytes) {
    throw new CoterieError('COTERIE_E_USAGE', `${what} of ${length} bytes: ${bytes} are the most`);
  }
}

/** What a command prints for an error when it was asked for JSON. */
export function errorJson(error: unknown): unknown {
  return {
    error: { code: errorCode(error), message: error instanceof Error ? error.message : String(error) },
  };
}

/** Of an error that is the caller's or the cluster's; undefined for a defect. */
export function errorCode(error: unknown): ErrorCode | undefined {
  if (error instanceof CoterieError) return error.code;
  return error instanceof Errors.CLIError ? 'COTERIE_E_USAGE' : undefined;
}
