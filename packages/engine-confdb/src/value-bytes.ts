import { isUtf8 } from 'node:buffer';
import {
  ValueType,
  f32,
  f64,
  i16,
  i32,
  i64,
  i8,
  u16,
  u32,
  u64,
  u8,
  type DatabaseValue,
  type Field,
} from '@coterie/sdk';

const numbers = new Map<number, Field<number>>([
  [ValueType.int8, i8],
  [ValueType.uint8, u8],
  [ValueType.int16, i16],
  [ValueType.uint16, u16],
  [ValueType.int32, i32],
  [ValueType.uint32, u32],
  [ValueType.float, f32],
  [ValueType.double, f64],
]);

const bigints = new Map<number, Field<bigint>>([
  [ValueType.int64, i64],
  [ValueType.uint64, u64],
]);

/** A value as C programs hold it; strings with their NUL. */
export function valueToBytes({ type, value }: DatabaseValue): Uint8Array {
  if (typeof value === 'string') return Buffer.from(`${value}\0`);
  if (value instanceof Uint8Array) return value;
  const field = (numbers.get(type) ?? bigints.get(type)) as Field<number | bigint> | undefined;
  if (!field) throw new TypeError(`no value has type ${type}`);
  const bytes = new Uint8Array(field.least);
  field.encode(value, new DataView(bytes.buffer), 0);
  return bytes;
}

/**
 * Undefined: `bytes` are no value of that type. A string ends at its first NUL, which may be missing; bytes
 * behind it are refused, as icmap does, and so is text that is not UTF-8.
 */
export function valueFromBytes(type: number, bytes: Uint8Array): DatabaseValue | undefined {
  if (type === ValueType.binary) return { type, value: bytes };
  if (type === ValueType.string) {
    const nul = bytes.indexOf(0);
    if (nul >= 0 && nul < bytes.length - 1) return undefined;
    const text = nul < 0 ? bytes : bytes.subarray(0, nul);
    return isUtf8(text) ? { type, value: Buffer.from(text).toString() } : undefined;
  }
  const field = (numbers.get(type) ?? bigints.get(type)) as Field<number | bigint> | undefined;
  if (!field || bytes.length !== field.least) return undefined;
  const decoded = field.decode(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length);
  return decoded.ok ? ({ type, value: decoded.value } as DatabaseValue) : undefined;
}
