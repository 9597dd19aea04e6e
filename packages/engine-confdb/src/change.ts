import { CoterieError, CsError, type Database, type DatabaseValue } from '@coterie/sdk';
import { valueToBytes } from './value-bytes.js';

/** What a client can do to a key. */
export type Change =
  | { readonly kind: 'set'; readonly key: string; readonly value: DatabaseValue }
  | { readonly kind: 'delete'; readonly key: string }
  /** Adds `step` (i32) to an integer. */
  | { readonly kind: 'adjust'; readonly key: string; readonly step: number }
  /** Compare and set; undefined stands for a key that is not there. */
  | {
      readonly kind: 'exchange';
      readonly key: string;
      readonly expected: DatabaseValue | undefined;
      readonly value: DatabaseValue | undefined;
    };

/**
 * Makes a change, and says what a client is told: NAME_TOO_LONG for what is no key, INVALID_PARAM for a value that
 * is none of its type or an integer that is none, NOT_EXIST, FAILED_OPERATION if the key does not hold what was
 * expected. The answer depends on nothing but the keys: members that have the same ones answer the same.
 */
export function apply(database: Database, change: Change): CsError {
  switch (change.kind) {
    case 'set':
      return set(database, change.key, change.value);
    case 'delete':
      return database.delete(change.key) ? CsError.OK : CsError.NOT_EXIST;
    case 'adjust': {
      const adjusted = database.adjust(change.key, change.step);
      if (adjusted === 'missing') return CsError.NOT_EXIST;
      return adjusted === 'done' ? CsError.OK : CsError.INVALID_PARAM;
    }
    case 'exchange': {
      const { key, expected, value } = change;
      if (!same(database.get(key), expected)) return CsError.FAILED_OPERATION;
      if (value) return set(database, key, value);
      database.delete(key);
      return CsError.OK;
    }
  }
}

function set(database: Database, key: string, value: DatabaseValue): CsError {
  try {
    database.set(key, value);
    return CsError.OK;
  } catch (error) {
    if (!(error instanceof CoterieError)) throw error;
    return error.code === 'COTERIE_E_DATABASE_KEY' ? CsError.NAME_TOO_LONG : CsError.INVALID_PARAM;
  }
}

function same(a: DatabaseValue | undefined, b: DatabaseValue | undefined): boolean {
  if (!a || !b) return a === b;
  return a.type === b.type && Buffer.compare(valueToBytes(a), valueToBytes(b)) === 0;
}
