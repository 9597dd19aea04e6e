import { token } from './token.js';

/** Value types with corosync's icmap numbers. */
export const ValueType = {
  int8: 1,
  uint8: 2,
  int16: 3,
  uint16: 4,
  int32: 5,
  uint32: 6,
  int64: 7,
  uint64: 8,
  float: 9,
  double: 10,
  string: 11,
  binary: 12,
} as const;
export type ValueType = (typeof ValueType)[keyof typeof ValueType];

/** A typed value: 64-bit integers are bigint, other numbers number, binary Uint8Array. */
export type DatabaseValue =
  | { readonly type: 1 | 2 | 3 | 4 | 5 | 6 | 9 | 10; readonly value: number }
  | { readonly type: 7 | 8; readonly value: bigint }
  | { readonly type: 11; readonly value: string }
  | { readonly type: 12; readonly value: Uint8Array };

export interface DatabaseChange {
  readonly kind: 'add' | 'modify' | 'delete';
  readonly key: string;
  readonly old: DatabaseValue | undefined;
  readonly value: DatabaseValue | undefined;
}

/** What became of an adjustment: the key has to exist and hold an integer. */
export type Adjusted = 'done' | 'missing' | 'not-integer';

/**
 * The node's in-memory configuration and statistics store (corosync: icmap). Keys are 3 to 255 characters of
 * `A-Z a-z 0-9 . _ - / :`; strings and binaries have at most 16,384 bytes. Reads and writes are the executive's and
 * the engines' own: they may write keys that are read-only for clients.
 */
export interface Database {
  get(key: string): DatabaseValue | undefined;
  /** @throws CoterieError COTERIE_E_DATABASE_KEY, COTERIE_E_DATABASE_VALUE (type or range). */
  set(key: string, value: DatabaseValue): void;
  /** Adds `step` (i32, may be negative) to an integer, wrapping around at the ends of its type as corosync does. */
  adjust(key: string, step: number): Adjusted;
  /** True if the key was there. */
  delete(key: string): boolean;
  /** Keys that start with `prefix`, in ascending byte order, as they are now. */
  keys(prefix?: string): string[];
  /**
   * Calls `listener` after every change of `key`, or of all keys that start with it if `prefix`. Setting the same
   * type and value again is no change. Listeners hear changes in the order they were made. Returns the function
   * that ends it at once.
   */
  track(key: string, prefix: boolean, listener: (change: DatabaseChange) => void): () => void;
  /** May a client write this key? */
  readOnly(key: string): boolean;
  /** Marks a key, or with `prefix` all keys that start with it, read-only for clients. */
  protect(key: string, prefix: boolean): void;
}
export const Database = token<Database>('Database');

/** Makes typed values: `value.u32(5)`. */
export const value = {
  u8: (n: number): DatabaseValue => ({ type: ValueType.uint8, value: n }),
  u16: (n: number): DatabaseValue => ({ type: ValueType.uint16, value: n }),
  u32: (n: number): DatabaseValue => ({ type: ValueType.uint32, value: n }),
  i32: (n: number): DatabaseValue => ({ type: ValueType.int32, value: n }),
  u64: (n: bigint): DatabaseValue => ({ type: ValueType.uint64, value: n }),
  string: (text: string): DatabaseValue => ({ type: ValueType.string, value: text }),
} as const;
