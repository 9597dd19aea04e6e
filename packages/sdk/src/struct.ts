import type { Decoded } from './codec.js';
import { type Field, Fault, isFault, bytesOf, decoded, roundUp, short } from './field.js';
import type { Padding } from './scalars.js';

type Fields = Readonly<Record<string, Field<unknown>>>;

type HiddenKeys<F> = {
  [K in keyof F]: F[K] extends { readonly by: infer By } ? By : F[K] extends Padding ? K : never;
}[keyof F];

/** The value of a struct: its fields without padding and without the counts of its lists. */
export type StructValue<F> = {
  readonly [K in Exclude<keyof F, HiddenKeys<F>>]: F[K] extends Field<infer T> ? T : never;
};

/**
 * A C struct as x86-64 lays it out, little-endian: each field at a multiple of its alignment from the struct's
 * start, padding zero, the size rounded up to the largest alignment.
 *
 * Fields whose size varies (`list`, `bytes('count')`, `rest`) stand behind all others, `rest` and a list without
 * a count last of all. As with C's flexible array members, counted ones begin right behind the fixed part, in its
 * tail padding if there is any, and the whole takes `sizeof` the fixed part plus their bytes: padding that they
 * began in is left over at the end.
 *
 * @throws TypeError at definition, for fields that cannot stand where they do. Encoding throws a RangeError for
 * a value that does not fit (text too long, too many items).
 */
export function struct<F extends Fields>(fields: F): Field<StructValue<F>> {
  return new Struct<StructValue<F>>(fields, 'natural', 1);
}

/** A {@link struct} that stands behind corosync's 16- or 24-byte header, which makes its size a multiple of 8. */
export function message<F extends Fields>(fields: F): Field<StructValue<F>> {
  return new Struct<StructValue<F>>(fields, 'natural', 8);
}

/** A {@link struct} without any padding (`__attribute__((packed))`). */
export function packed<F extends Fields>(fields: F): Field<StructValue<F>> {
  return new Struct<StructValue<F>>(fields, 'packed', 1);
}

/** A field in its place. */
interface Placed {
  readonly name: string;
  readonly field: Field<unknown>;
  /** Bytes from the struct's start; of a varying field only the first one's counts. */
  readonly at: number;
  /** Is it part of the value? Not if it is padding or a count. */
  readonly shown: boolean;
  /** Position of the count of this field, or -1. */
  readonly count: number;
  /** Names of the lists that this field counts. */
  readonly counts: readonly string[];
}

class Struct<T> implements Field<T> {
  readonly align: number;
  readonly least: number;
  readonly extent: 'fixed' | 'varies' | 'rest';

  private readonly fixed: readonly Placed[];
  private readonly varying: readonly Placed[];
  /** Start and end of each gap between fixed fields. */
  private readonly gaps: readonly (readonly [number, number])[];
  /** Where the varying fields begin. */
  private readonly start: number;
  /** Bytes of tail padding that counted fields began in and that are left over at the end. */
  private readonly slack: number;
  private readonly natural: boolean;

  constructor(fields: Fields, layout: 'natural' | 'packed', minimumAlign: number) {
    this.natural = layout === 'natural';
    const placed = place(fields, this.natural);
    this.fixed = placed.filter(({ field }) => field.extent === 'fixed');
    this.varying = placed.filter(({ field }) => field.extent !== 'fixed');
    this.align = this.natural ? Math.max(minimumAlign, ...placed.map(({ field }) => field.align)) : 1;

    const lastFixed = this.fixed.at(-1);
    const end = lastFixed === undefined ? 0 : lastFixed.at + lastFixed.field.least;
    const rounded = roundUp(end, this.align);
    this.start = this.varying[0]?.at ?? rounded;
    const last = this.varying.at(-1)?.field;
    this.extent = last === undefined ? 'fixed' : last.extent;
    this.slack = last?.by === undefined ? 0 : Math.max(0, rounded - this.start);
    this.least = this.start;
    this.gaps = gaps(this.fixed, this.start);
  }

  size(value: T): number {
    if (this.extent === 'fixed') return this.least;
    let at = this.start;
    for (const { name, field } of this.varying) {
      at = this.aligned(at, field) + field.size((value as Record<string, unknown>)[name]);
    }
    return at + this.slack;
  }

  encode(value: T, into: DataView, offset: number): number {
    const values = value as Record<string, unknown>;
    for (const [from, to] of this.gaps) bytesOf(into).fill(0, offset + from, offset + to);
    for (const placed of this.fixed) {
      if (placed.counts.length > 0) encodeCount(placed, values, into, offset + placed.at);
      else placed.field.encode(values[placed.name], into, offset + placed.at);
    }
    let at = this.start;
    for (const { name, field } of this.varying) {
      const next = this.aligned(at, field);
      if (next > at) bytesOf(into).fill(0, offset + at, offset + next);
      at = field.encode(values[name], into, offset + next) - offset;
    }
    if (this.slack > 0) bytesOf(into).fill(0, offset + at, offset + at + this.slack);
    return offset + at + this.slack;
  }

  decode(from: DataView, offset: number, length: number): Decoded<T> {
    if (offset + length > from.byteLength) return short(this.least, length);
    if (length < this.least) {
      const cut = this.fixed.find(({ at, field }) => at + field.least > length);
      const { reason } = short(this.least, length);
      return { ok: false, reason: cut === undefined ? reason : `${cut.name}: ${reason}` };
    }
    return decoded(this.read(from, offset, offset + length));
  }

  read(from: DataView, start: number, end: number): T | Fault {
    const values: Record<string, unknown> = {};
    for (const placed of this.fixed) {
      if (!placed.shown) continue;
      const { name, field, at } = placed;
      const value = field.read(from, start + at, end, this.countOf(placed, from, start));
      if (isFault(value)) return value.within(name);
      values[name] = value;
    }
    let at = start + this.start;
    for (const placed of this.varying) {
      const { name, field } = placed;
      at = start + this.aligned(at - start, field);
      if (end - at < field.least) return new Fault(`${Math.max(0, end - at)} bytes there`, name);
      const value = field.read(from, at, end, this.countOf(placed, from, start));
      if (isFault(value)) return value.within(name);
      values[name] = value;
      if (field.extent !== 'rest') at += field.size(value);
    }
    return values as T;
  }

  /** Infinity where the count itself is at fault: the counted field then says that so many do not fit. */
  private countOf(placed: Placed, from: DataView, start: number): number {
    const count = this.fixed[placed.count];
    if (count === undefined) return Infinity;
    const n = count.field.read(from, start + count.at, start + this.start, Infinity);
    return typeof n === 'number' && n >= 0 ? n : Infinity;
  }

  private aligned(at: number, field: Field<unknown>): number {
    return this.natural ? roundUp(at, field.align) : at;
  }
}

function place(fields: Fields, natural: boolean): Placed[] {
  const names = Object.keys(fields);
  const placed: Placed[] = [];
  let at = 0;
  let behind: string | undefined;
  for (const [name, field] of Object.entries(fields)) {
    // JavaScript moves keys that look like array indexes to the front: the layout would not be the one written.
    if (!/^[A-Za-z]\w*$/.test(name)) throw new TypeError(`${name} cannot be the name of a field`);
    if (behind !== undefined && field.extent === 'fixed') {
      throw new TypeError(`field ${name} stands behind ${behind}, whose size varies`);
    }
    if (behind !== undefined && fields[behind]?.extent === 'rest') {
      throw new TypeError(`field ${name} stands behind ${behind}, which takes all that is left`);
    }
    const counts = names.filter((other) => fields[other]?.by === name);
    if (counts.length > 0) checkCount(name, field);
    const count = field.by === undefined ? -1 : placed.findIndex((earlier) => earlier.name === field.by);
    if (field.by !== undefined && count < 0) {
      throw new TypeError(`field ${name} is counted by ${field.by}, which is no earlier field`);
    }
    if (natural) at = roundUp(at, field.align);
    placed.push({ name, field, at, count, counts, shown: counts.length === 0 && !('padding' in field) });
    if (field.extent === 'fixed') at += field.least;
    else behind = name;
  }
  return placed;
}

function checkCount(name: string, field: Field<unknown>): void {
  const zero = field.extent === 'fixed' && field.read(new DataView(new ArrayBuffer(field.least)), 0, 8, 0);
  if (zero !== 0) throw new TypeError(`field ${name} counts another one, so it must hold a number`);
}

function encodeCount(placed: Placed, values: Record<string, unknown>, into: DataView, at: number): void {
  const lengthOf = (name: string) => (values[name] as ArrayLike<unknown>).length;
  const { name, field, counts } = placed;
  const n = lengthOf(counts[0]!);
  for (let i = 1; i < counts.length; i++) {
    if (lengthOf(counts[i]!) !== n) throw new RangeError(`${counts.join(' and ')} differ in length`);
  }
  const end = field.encode(n, into, at);
  if (field.read(into, at, end, 0) !== n) throw new RangeError(`${name} cannot hold ${n}`);
}

function gaps(fixed: readonly Placed[], end: number): [number, number][] {
  const found: [number, number][] = [];
  let at = 0;
  for (const { at: next, field } of fixed) {
    if (next > at) found.push([at, next]);
    at = next + field.least;
  }
  if (end > at) found.push([at, end]);
  return found;
}
