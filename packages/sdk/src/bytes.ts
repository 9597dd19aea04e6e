import { isUtf8 } from 'node:buffer';
import { type Counted, type Field, Fault, isFault, bytesOf, field } from './field.js';

/** Exactly `length` bytes: a view of the memory decoded from, not a copy. */
export function bytes(length: number): Field<Uint8Array>;
/** As many bytes as the earlier field `by` says, which encoding fills in. */
export function bytes<By extends string>(by: By): Counted<Uint8Array, By>;
export function bytes(length: number | string): Field<Uint8Array> {
  return typeof length === 'number' ? fixedBytes(length) : countedBytes(length);
}

function fixedBytes(length: number): Field<Uint8Array> {
  return field({
    align: 1,
    least: length,
    extent: 'fixed',
    size: () => length,
    encode(value, into, offset) {
      if (value.length !== length) throw new RangeError(`${value.length} bytes instead of ${length}`);
      bytesOf(into).set(value, offset);
      return offset + length;
    },
    read: (from, at) => view(from, at, length),
  });
}

function countedBytes(by: string): Field<Uint8Array> {
  return field({
    by,
    align: 1,
    least: 0,
    extent: 'varies',
    size: (value) => value.length,
    encode: copy,
    read: (from, at, end, count) =>
      count > end - at ? new Fault(`${count} bytes announced, ${end - at} there`) : view(from, at, count),
  });
}

/** All bytes that are left, as a view; the last field of a struct, or a whole body. */
export const rest: Field<Uint8Array> = field({
  align: 1,
  least: 0,
  extent: 'rest',
  size: (value) => value.length,
  encode: copy,
  read: (from, at, end) => view(from, at, end - at),
});
/** A body of just bytes: {@link rest} under the name that suits a whole body. */
export const raw = rest;

/**
 * Up to `capacity` bytes behind their number, the unused ones zero. `boundedBytes(slot(u32), 128)` is corosync's
 * `mar_cpg_name_t`, `boundedBytes(slot(u16), 256)` its `mar_name_t`, `boundedBytes(u16, 256)` its `cs_name_t`.
 */
export function boundedBytes(length: Field<number>, capacity: number): Field<Uint8Array> {
  const width = length.least + capacity;
  return field({
    align: length.align,
    least: width,
    extent: 'fixed',
    size: () => width,
    encode(value, into, offset) {
      if (value.length > capacity) throw new RangeError(`${value.length} bytes, ${capacity} are the most`);
      const start = length.encode(value.length, into, offset);
      const memory = bytesOf(into);
      memory.set(value, start);
      memory.fill(0, start + value.length, offset + width);
      return offset + width;
    },
    read(from, at, end) {
      const n = length.read(from, at, end, Infinity);
      if (isFault(n)) return n;
      if (n > capacity || n < 0) return new Fault(`length ${n}, ${capacity} is the most`);
      return view(from, at + length.least, n);
    },
  });
}

/** {@link boundedBytes} as UTF-8 text. */
export function boundedString(length: Field<number>, capacity: number): Field<string> {
  const inner = boundedBytes(length, capacity);
  return field({
    align: inner.align,
    least: inner.least,
    extent: 'fixed',
    size: () => inner.least,
    encode: (value, into, offset) => inner.encode(Buffer.from(value), into, offset),
    read(from, at, end) {
      const value = inner.read(from, at, end, Infinity);
      return isFault(value) ? value : utf8(value);
    },
  });
}

/** C's `char[capacity]` with UTF-8 text of at most `capacity - 1` bytes, padded with NULs. */
export function cstring(capacity: number): Field<string> {
  return field({
    align: 1,
    least: capacity,
    extent: 'fixed',
    size: () => capacity,
    encode(value, into, offset) {
      const text = Buffer.from(value);
      if (text.length >= capacity || text.includes(0)) {
        throw new RangeError(`text with a NUL or of ${text.length} bytes, ${capacity - 1} are the most`);
      }
      const memory = bytesOf(into);
      memory.set(text, offset);
      memory.fill(0, offset + text.length, offset + capacity);
      return offset + capacity;
    },
    read(from, at) {
      const all = view(from, at, capacity);
      const end = all.indexOf(0);
      return end < 0 ? new Fault(`no NUL within ${capacity} bytes`) : utf8(all.subarray(0, end));
    },
  });
}

function utf8(text: Uint8Array): string | Fault {
  if (!isUtf8(text)) return new Fault('not UTF-8');
  return Buffer.from(text.buffer, text.byteOffset, text.length).toString();
}

function view(from: DataView, at: number, length: number): Uint8Array {
  return new Uint8Array(from.buffer, from.byteOffset + at, length);
}

function copy(value: Uint8Array, into: DataView, offset: number): number {
  bytesOf(into).set(value, offset);
  return offset + value.length;
}
