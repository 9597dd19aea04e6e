import { type Field, Fault, bytesOf, field } from './field.js';

/** Integers wrap on encoding as they do in C: -1 becomes 4294967295 in a {@link u32}. */
function scalar<T>(
  width: number,
  read: (from: DataView, at: number) => T | Fault,
  write: (into: DataView, at: number, value: T) => void,
): Field<T> {
  return field({
    align: width,
    least: width,
    extent: 'fixed',
    size: () => width,
    encode(value, into, offset) {
      write(into, offset, value);
      return offset + width;
    },
    read,
  });
}

export const u8 = scalar<number>(
  1,
  (from, at) => from.getUint8(at),
  (into, at, value) => into.setUint8(at, value),
);
export const i8 = scalar<number>(
  1,
  (from, at) => from.getInt8(at),
  (into, at, value) => into.setInt8(at, value),
);
export const u16 = scalar<number>(
  2,
  (from, at) => from.getUint16(at, true),
  (into, at, value) => into.setUint16(at, value, true),
);
export const i16 = scalar<number>(
  2,
  (from, at) => from.getInt16(at, true),
  (into, at, value) => into.setInt16(at, value, true),
);
export const u32 = scalar<number>(
  4,
  (from, at) => from.getUint32(at, true),
  (into, at, value) => into.setUint32(at, value, true),
);
export const i32 = scalar<number>(
  4,
  (from, at) => from.getInt32(at, true),
  (into, at, value) => into.setInt32(at, value, true),
);
export const u64 = scalar<bigint>(
  8,
  (from, at) => from.getBigUint64(at, true),
  (into, at, value) => into.setBigUint64(at, value, true),
);
export const i64 = scalar<bigint>(
  8,
  (from, at) => from.getBigInt64(at, true),
  (into, at, value) => into.setBigInt64(at, value, true),
);
export const f32 = scalar<number>(
  4,
  (from, at) => from.getFloat32(at, true),
  (into, at, value) => into.setFloat32(at, value, true),
);
export const f64 = scalar<number>(
  8,
  (from, at) => from.getFloat64(at, true),
  (into, at, value) => into.setFloat64(at, value, true),
);

const HIGH = 2 ** 32;

/** A u64 as a number: for ring sequences and lengths. Refuses what is above Number.MAX_SAFE_INTEGER. */
export const safeU64 = scalar<number>(
  8,
  (from, at) => {
    const n = from.getUint32(at + 4, true) * HIGH + from.getUint32(at, true);
    return n <= Number.MAX_SAFE_INTEGER ? n : new Fault('above 2^53 - 1');
  },
  (into, at, value) => {
    into.setUint32(at, value % HIGH, true);
    into.setUint32(at + 4, Math.floor(value / HIGH), true);
  },
);

/** A scalar in 8 bytes of its own, as corosync's `mar_uint32_t` and its like are placed. */
export function slot<T>(inner: Field<T>): Field<T> {
  if (inner.extent !== 'fixed' || inner.least > 8) throw new TypeError('a slot holds at most 8 bytes');
  return field({
    align: 8,
    least: 8,
    extent: 'fixed',
    size: () => 8,
    encode(value, into, offset) {
      into.setUint32(offset, 0);
      into.setUint32(offset + 4, 0);
      inner.encode(value, into, offset);
      return offset + 8;
    },
    read: (from, at) => inner.read(from, at, at + 8, Infinity),
  });
}

/** Bytes without a meaning: written as zero, not read, not part of the value. */
export interface Padding extends Field<undefined> {
  readonly padding: true;
}

/** `n` bytes of {@link Padding}. */
export function padding(n: number): Padding {
  const skipped = field<undefined>({
    align: 1,
    least: n,
    extent: 'fixed',
    size: () => n,
    encode(_, into, offset) {
      bytesOf(into).fill(0, offset, offset + n);
      return offset + n;
    },
    read: () => undefined,
  });
  return { ...skipped, padding: true };
}

/** No body at all. */
export const empty: Padding = padding(0);
