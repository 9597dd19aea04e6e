import { CoterieError, type DatabaseValue } from '@coterie/sdk';
import { ServiceError } from '@coterie/sdk/client';
import { valueFromBytes } from './value-bytes.js';

/** Undefined for an answer with this error. */
export async function unless<T>(error: number, answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer;
  } catch (thrown) {
    if (thrown instanceof ServiceError && thrown.csError === error) return undefined;
    throw thrown;
  }
}

/** The value of `key` that the daemon sent. @throws CoterieError COTERIE_E_CLIENT_PROTOCOL if it is none */
export function read(type: number, bytes: Uint8Array, key: string): DatabaseValue {
  const value = valueFromBytes(type, bytes);
  if (value) return value;
  throw new CoterieError('COTERIE_E_CLIENT_PROTOCOL', `the daemon sent no value of type ${type} for ${key}`);
}
