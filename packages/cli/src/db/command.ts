import { ConfdbClient } from '@coterie/engine-confdb/client';
import { CoterieError, CsError } from '@coterie/sdk';
import { ServiceError } from '@coterie/sdk/client';
import { Flags } from '@oclif/core';
import { DaemonCommand, fits } from '../command.js';

const MAX_KEY = 255;
const maps = ['icmap', 'stats', 'cluster'] as const;

/** Why the database refuses something, in the user's words. */
const reasons: ReadonlyMap<number, string> = new Map([
  [CsError.ACCESS, 'it is read-only'],
  [CsError.NAME_TOO_LONG, 'that is no key: a key has 3 to 255 characters of A-Z a-z 0-9 . _ - / :'],
  [CsError.INVALID_PARAM, 'it cannot hold this value: strings and binaries have at most 16,384 bytes'],
  [CsError.TRY_AGAIN, 'the node is not quorate, or its ring is changing: see "coterie status"'],
  [CsError.NO_SPACE, 'the cluster map is full (4 MiB)'],
  [
    CsError.NOT_SUPPORTED,
    'the statistics can only be cleared: stats.clear.totem, ipc, knet, schedmiss or all',
  ],
]);

/** A command that reads or writes the database. */
export abstract class DatabaseCommand extends DaemonCommand {
  static override baseFlags = {
    ...DaemonCommand.baseFlags,
    map: Flags.option({
      summary: 'Part of the database: all but the statistics, the statistics, or what all nodes share',
      options: maps,
      default: 'icmap' as const,
    })(),
  };

  /** The map that has the key, unless the user says which. */
  protected mapOf(key: string, map: (typeof maps)[number]): (typeof maps)[number] {
    return map === 'icmap' && key.startsWith('stats.') ? 'stats' : map;
  }

  protected async open(
    flags: { 'run-dir'?: string | undefined; node?: number | undefined; map: (typeof maps)[number] },
    key: string,
    signal?: AbortSignal,
  ): Promise<ConfdbClient> {
    fits('a key', key, MAX_KEY);
    const map = this.mapOf(key, flags.map);
    return ConfdbClient.connect({ runDir: this.runDir(flags), map, ...(signal ? { signal } : {}) });
  }
}

/** @throws CoterieError COTERIE_E_DB_REFUSED, COTERIE_E_DB_MISSING for what the database answered about the key */
export async function explained<T>(key: string, answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    if (error.csError === CsError.NOT_EXIST) throw missing(key);
    const reason = reasons.get(error.csError);
    if (reason === undefined) throw error;
    throw new CoterieError('COTERIE_E_DB_REFUSED', `${key}: ${reason}`, { cause: error });
  }
}

export function missing(key: string): CoterieError {
  return new CoterieError('COTERIE_E_DB_MISSING', `there is no key ${key}`);
}
