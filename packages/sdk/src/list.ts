import { type Counted, type Field, Fault, isFault, bytesOf, field, roundUp } from './field.js';

/** Room for `capacity` items, all of them used; encoding fewer leaves zeros behind them. */
export function array<T>(item: Field<T>, capacity: number): Field<readonly T[]>;
/** Room for `capacity` items, of which the first ones count, as many as the earlier field `by` says. */
export function array<T, By extends string>(
  item: Field<T>,
  capacity: number,
  by: By,
): Counted<readonly T[], By>;
export function array<T>(item: Field<T>, capacity: number, by?: string): Field<readonly T[]> {
  if (item.extent !== 'fixed') throw new TypeError('the items of an array must have a fixed size');
  const width = item.least * capacity;
  return field<readonly T[]>({
    ...(by === undefined ? {} : { by }),
    align: item.align,
    least: width,
    extent: 'fixed',
    size: () => width,
    encode(values, into, offset) {
      if (values.length > capacity) throw new RangeError(`${values.length} items, ${capacity} are the most`);
      const end = encodeItems(item, values, into, offset);
      bytesOf(into).fill(0, end, offset + width);
      return offset + width;
    },
    read(from, at, end, count) {
      const n = by === undefined ? capacity : count;
      if (n > capacity || n < 0) return new Fault(`${n} items announced, ${capacity} are the most`);
      return readItems(item, from, at, end, n);
    },
  });
}

/** Items up to the end of the body; the last field of a struct, or a whole body. */
export function list<T>(item: Field<T>): Field<readonly T[]>;
/** As many items as the earlier field `by` says, which encoding fills in. */
export function list<T, By extends string>(item: Field<T>, by: By): Counted<readonly T[], By>;
export function list<T>(item: Field<T>, by?: string): Field<readonly T[]> {
  if (item.extent === 'rest') throw new TypeError('an item of a list cannot take all that is left');
  if (item.least === 0) throw new TypeError('an item of a list takes at least one byte');
  return field<readonly T[]>({
    ...(by === undefined ? {} : { by }),
    align: item.align,
    least: 0,
    extent: by === undefined ? 'rest' : 'varies',
    size(values) {
      if (item.extent === 'fixed') return values.length * item.least;
      let sum = 0;
      for (const value of values) sum += stride(item, value);
      return sum;
    },
    encode: (values, into, offset) => encodeItems(item, values, into, offset),
    read: (from, at, end, count) => readItems(item, from, at, end, by === undefined ? undefined : count),
  });
}

/** In an array of C, items whose size varies begin at a multiple of their alignment. */
function stride<T>(item: Field<T>, value: T): number {
  return item.extent === 'fixed' ? item.least : roundUp(item.size(value), item.align);
}

function encodeItems<T>(item: Field<T>, values: readonly T[], into: DataView, offset: number): number {
  let at = offset;
  for (const value of values) {
    const end = item.encode(value, into, at);
    at += stride(item, value);
    if (end < at) bytesOf(into).fill(0, end, at);
  }
  return at;
}

/** `count` undefined: as many as there are. */
function readItems<T>(
  item: Field<T>,
  from: DataView,
  start: number,
  end: number,
  count: number | undefined,
): T[] | Fault {
  if (count !== undefined && count * item.least > end - start) {
    return new Fault(`${count} items announced, ${end - start} bytes there`);
  }
  const values: T[] = [];
  let at = start;
  while (count === undefined ? at < end : values.length < count) {
    if (end - at < item.least) return new Fault(`${Math.max(0, end - at)} bytes there`, `[${values.length}]`);
    const value = item.read(from, at, end, Infinity);
    if (isFault(value)) return value.within(`[${values.length}]`);
    values.push(value);
    at += stride(item, value);
  }
  return values;
}
