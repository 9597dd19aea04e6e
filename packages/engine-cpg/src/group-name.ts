import { type Field, boundedBytes, bytes, message, slot, u32, type Infer } from '@coterie/sdk';

/** Bytes that a group's name may have (CPG_MAX_NAME_LENGTH). */
export const MAX_GROUP_NAME = 128;

const name = boundedBytes(slot(u32), MAX_GROUP_NAME);

/**
 * `mar_cpg_name_t`. Names are bytes, compared with their length; here they are strings of one character a byte,
 * which makes them cheap keys.
 */
export const groupName: Field<string> = {
  ...name,
  size: () => name.least,
  encode: (value, into, offset) => name.encode(Buffer.from(value, 'latin1'), into, offset),
  decode(from, offset, length) {
    const decoded = name.decode(from, offset, length);
    return decoded.ok ? { ok: true, value: latin1(decoded.value) } : decoded;
  },
  read(from, at, end, count) {
    const value = name.read(from, at, end, count);
    return value instanceof Uint8Array ? latin1(value) : value;
  },
};

/** {@link groupName} with any length, for requests whose answer to a long name is not INVALID_PARAM. */
export const unboundedName = message({ length: slot(u32), value: bytes(MAX_GROUP_NAME) });

/** What {@link nameOf} reads. */
export function unbounded(name: string): Infer<typeof unboundedName> {
  const value = new Uint8Array(MAX_GROUP_NAME);
  value.set(Buffer.from(name, 'latin1'));
  return { length: name.length, value };
}

/** Undefined if it is too long for a name. */
export function nameOf({ length, value }: Infer<typeof unboundedName>): string | undefined {
  return length <= MAX_GROUP_NAME ? latin1(value.subarray(0, length)) : undefined;
}

function latin1(value: Uint8Array): string {
  return Buffer.from(value.buffer, value.byteOffset, value.length).toString('latin1');
}
