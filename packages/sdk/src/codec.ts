/** The value, or why the bytes are not one. */
export type Decoded<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string };

/**
 * Turns values into bytes and back. All integers are little-endian. Decoding checks every length before use and
 * never throws, whatever the bytes.
 */
export interface Codec<T> {
  /** Bytes that `value` takes. */
  size(value: T): number;
  /** Writes `size(value)` bytes at `offset`; padding is written as zero. Returns the offset behind them. */
  encode(value: T, into: DataView, offset: number): number;
  /** Reads from `length` bytes at `offset`; bytes left over are not an error. */
  decode(from: DataView, offset: number, length: number): Decoded<T>;
}

/** The type that a codec carries. */
export type Infer<C> = C extends Codec<infer T> ? T : never;
