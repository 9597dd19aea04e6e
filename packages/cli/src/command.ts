import { CoterieError, type ErrorCode } from '@coterie/sdk';
import { Command, Errors, Flags } from '@oclif/core';
import { runDirOf, type DaemonChoice } from './daemon.js';

/** Exit code of a command that reads, when the node is not quorate. */
export const NOT_QUORATE = 2;

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
