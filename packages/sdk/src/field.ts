import type { Codec, Decoded } from './codec.js';

const BRAND = Symbol.for('@coterie/sdk/Fault@1');

/** Why bytes are not a value; `path` names the field at fault within the outermost struct. */
export class Fault {
  readonly [BRAND] = true;

  constructor(
    readonly reason: string,
    readonly path = '',
  ) {}

  within(name: string): Fault {
    const joint = this.path === '' || this.path.startsWith('[') ? '' : '.';
    return new Fault(this.reason, `${name}${joint}${this.path}`);
  }

  toString(): string {
    return this.path === '' ? this.reason : `${this.path}: ${this.reason}`;
  }
}

/** True for a Fault of any copy of the SDK: fields of one may stand in structs of another. */
export function isFault(value: unknown): value is Fault {
  return typeof value === 'object' && value !== null && BRAND in value;
}

/** A codec that can be a field of a struct, an item of a list or stand alone. */
export interface Field<T> extends Codec<T> {
  /** Where a struct may place it: a multiple of 1, 2, 4 or 8 bytes. */
  readonly align: number;
  /** Bytes it takes at least. */
  readonly least: number;
  /** `fixed`: `least` bytes always; `varies`: its own bytes tell how many; `rest`: all bytes that are left. */
  readonly extent: 'fixed' | 'varies' | 'rest';
  /** The earlier field of the struct that holds the number of items. */
  readonly by?: string;
  /**
   * Reads from the bytes between `at` and `end`; the caller has made sure that they are `least` or more.
   * `count`: what the field {@link by} holds.
   */
  read(from: DataView, at: number, end: number, count: number): T | Fault;
}

/** A field whose number of items stands in the earlier field `By`, which the value then does not show. */
export interface Counted<T, By extends string> extends Field<T> {
  readonly by: By;
}

/** Completes a field with the checks that {@link Codec.decode} owes its caller. */
export function field<T>(definition: Omit<Field<T>, 'decode'>): Field<T> {
  return { ...definition, decode: decodeField };
}

function decodeField<T>(this: Field<T>, from: DataView, offset: number, length: number): Decoded<T> {
  if (length < this.least || offset + length > from.byteLength) return short(this.least, length);
  return decoded(this.read(from, offset, offset + length, Infinity));
}

export function decoded<T>(result: T | Fault): Decoded<T> {
  return isFault(result) ? { ok: false, reason: result.toString() } : { ok: true, value: result };
}

export function short(least: number, length: number): { ok: false; reason: string } {
  return { ok: false, reason: `${length} bytes, ${least} or more expected` };
}

let lastView: DataView | undefined;
let lastBytes: Uint8Array = new Uint8Array(0);

/** The bytes below `view`. The last answer is kept: most calls in a row are about one slab or buffer. */
export function bytesOf(view: DataView): Uint8Array {
  if (view !== lastView) {
    lastBytes = new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
    lastView = view;
  }
  return lastBytes;
}

export function roundUp(n: number, align: number): number {
  return Math.ceil(n / align) * align;
}
