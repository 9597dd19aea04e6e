import { CoterieError, ValueType, type DatabaseValue } from '@coterie/sdk';

/** Bytes a string or binary value may have (ICMAP_MAX_VALUE_LEN). */
const MAX_LENGTH = 16 * 1024;

interface IntegerType {
  readonly bits: number;
  readonly signed: boolean;
}

const integers: ReadonlyMap<ValueType, IntegerType> = new Map([
  [ValueType.int8, { bits: 8, signed: true }],
  [ValueType.uint8, { bits: 8, signed: false }],
  [ValueType.int16, { bits: 16, signed: true }],
  [ValueType.uint16, { bits: 16, signed: false }],
  [ValueType.int32, { bits: 32, signed: true }],
  [ValueType.uint32, { bits: 32, signed: false }],
  [ValueType.int64, { bits: 64, signed: true }],
  [ValueType.uint64, { bits: 64, signed: false }],
]);

const typeNames = new Map<number, string>(Object.entries(ValueType).map(([name, type]) => [type, name]));

/** Smallest and largest value of an integer type; undefined for the other types. */
export function integerRange(type: ValueType): { min: bigint; max: bigint } | undefined {
  const integer = integers.get(type);
  if (integer === undefined) return undefined;
  const bits = BigInt(integer.bits);
  return integer.signed
    ? { min: -(1n << (bits - 1n)), max: (1n << (bits - 1n)) - 1n }
    : { min: 0n, max: (1n << bits) - 1n };
}

/** Ranges of the types that numbers carry, as numbers: what {@link checkValue} compares with. */
const numberRanges = new Map<number, { min: number; max: number }>();
for (const [type, { bits }] of integers) {
  const range = integerRange(type);
  if (bits < 64 && range) numberRanges.set(type, { min: Number(range.min), max: Number(range.max) });
}

/** @throws CoterieError COTERIE_E_DATABASE_VALUE */
export function checkValue(key: string, value: DatabaseValue): void {
  const reason = invalid(value);
  if (reason !== undefined) throw new CoterieError('COTERIE_E_DATABASE_VALUE', `${key}: ${reason}`);
}

function invalid({ type, value }: DatabaseValue): string | undefined {
  const name = typeNames.get(type);
  if (name === undefined) return `${String(type)} is not a value type`;
  switch (type) {
    case ValueType.int64:
    case ValueType.uint64: {
      if (typeof value !== 'bigint') return `${name} needs a bigint`;
      const fits = type === ValueType.int64 ? BigInt.asIntN(64, value) : BigInt.asUintN(64, value);
      return fits === value ? undefined : `${value} is out of the range of ${name}`;
    }
    case ValueType.float:
    case ValueType.double:
      return typeof value === 'number' ? undefined : `${name} needs a number`;
    case ValueType.string:
      if (typeof value !== 'string') return 'string needs a string';
      if (value.includes('\0')) return 'a string cannot hold a NUL character';
      return tooLong(value.length > MAX_LENGTH / 4 ? Buffer.byteLength(value) : value.length);
    case ValueType.binary:
      return value instanceof Uint8Array ? tooLong(value.length) : 'binary needs a Uint8Array';
    default: {
      const range = numberRanges.get(type);
      if (range && Number.isInteger(value) && value >= range.min && value <= range.max) return undefined;
      return `${String(value)} is not an integer in the range of ${name}`;
    }
  }
}

function tooLong(bytes: number): string | undefined {
  return bytes > MAX_LENGTH ? `${bytes} bytes are more than ${MAX_LENGTH}` : undefined;
}

export function sameValue(a: DatabaseValue, b: DatabaseValue): boolean {
  if (a.type !== b.type) return false;
  if (a.type !== ValueType.binary) return Object.is(a.value, b.value);
  const left = a.value;
  const right = b.value as Uint8Array;
  return left.length === right.length && left.every((byte, i) => byte === right[i]);
}

/** The value `step` further, wrapping around at the ends of its type; undefined if it is no integer. */
export function stepped(old: DatabaseValue, step: number): DatabaseValue | undefined {
  const integer = integers.get(old.type);
  if (integer === undefined) return undefined;
  if (integer.bits === 64) {
    const sum = (old.value as bigint) + BigInt(step);
    const wrapped = integer.signed ? BigInt.asIntN(64, sum) : BigInt.asUintN(64, sum);
    return { type: old.type, value: wrapped } as DatabaseValue;
  }
  const modulus = 2 ** integer.bits;
  const rest = ((old.value as number) + step) % modulus;
  const unsigned = rest < 0 ? rest + modulus : rest;
  const value = integer.signed && unsigned >= modulus / 2 ? unsigned - modulus : unsigned;
  return { type: old.type, value } as DatabaseValue;
}
