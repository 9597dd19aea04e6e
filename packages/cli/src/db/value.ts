import { CoterieError, ValueType, type DatabaseValue } from '@coterie/sdk';

/** Types by the names of corosync-cmapctl. */
export const types = {
  i8: ValueType.int8,
  u8: ValueType.uint8,
  i16: ValueType.int16,
  u16: ValueType.uint16,
  i32: ValueType.int32,
  u32: ValueType.uint32,
  i64: ValueType.int64,
  u64: ValueType.uint64,
  flt: ValueType.float,
  dbl: ValueType.double,
  str: ValueType.string,
  bin: ValueType.binary,
} as const;
export type TypeName = keyof typeof types;
export const typeNames = Object.keys(types) as TypeName[];

export function typeName(type: number): TypeName {
  return typeNames.find((name) => types[name] === type) ?? 'bin';
}

/**
 * The value that a user means: integers decimal or 0x..., binaries as hexadecimal digits.
 * @throws CoterieError COTERIE_E_USAGE
 */
export function parseValue(text: string, name: TypeName): DatabaseValue {
  const wrong = () =>
    new CoterieError('COTERIE_E_USAGE', `${JSON.stringify(text)} is no value of type ${name}`);
  const type = types[name];
  switch (type) {
    case ValueType.string:
      return { type, value: text };
    case ValueType.binary:
      if (!/^([0-9a-f]{2})*$/i.test(text)) throw wrong();
      return { type, value: Buffer.from(text, 'hex') };
    case ValueType.float:
    case ValueType.double:
      if (text.trim() === '' || Number.isNaN(Number(text))) throw wrong();
      return { type, value: Number(text) };
    default: {
      if (!/^-?(\d+|0x[0-9a-f]+)$/i.test(text)) throw wrong();
      const negative = text.startsWith('-');
      const size = BigInt(negative ? text.slice(1) : text);
      const integer = negative ? -size : size;
      const bits = Number(name.slice(1));
      const fits = name.startsWith('u') ? BigInt.asUintN(bits, integer) : BigInt.asIntN(bits, integer);
      if (fits !== integer) throw wrong();
      return type === ValueType.int64 || type === ValueType.uint64
        ? { type, value: integer }
        : { type, value: Number(integer) };
    }
  }
}

/** As {@link parseValue} reads it. */
export function showValue({ value }: DatabaseValue): string {
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : String(value);
}

/** What JSON can hold of a value: 64-bit integers as text, binaries as hexadecimal digits. */
export function plainValue(stored: DatabaseValue): { type: TypeName; value: string | number } {
  const { type, value } = stored;
  return { type: typeName(type), value: typeof value === 'number' ? value : showValue(stored) };
}
