import { ValueType } from '@coterie/sdk';
import type { SectionSchema } from './configuration.js';

/**
 * Schemas of sections are JSON Schema 2020-12. Beyond the standard they know:
 * - `x-icmap`: the value type under which the database holds the setting (`uint32`, ...); without it, a string
 *   with the text of the file, as corosync holds the keys it does not parse;
 * - `x-unit`: the unit, for the documentation.
 */
export const icmapTypes = Object.keys(ValueType).filter((name) => /^u?int/.test(name));

interface Extra {
  readonly default?: unknown;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly 'x-unit'?: 'ms';
}

const largest = { uint8: 0xff, uint16: 0xffff, uint32: 0xffff_ffff } as const;

/** A whole number of an icmap type. */
export function whole(type: keyof typeof largest, description: string, extra: Extra = {}): SectionSchema {
  return { type: 'integer', minimum: 0, maximum: largest[type], ...extra, description, 'x-icmap': type };
}

/** A whole number, or one word that stands for what is found out at the start. */
export function wholeOr(word: string, number: SectionSchema): SectionSchema {
  const { description, 'x-icmap': type, ...bounds } = number;
  return { anyOf: [bounds, { const: word }], description, 'x-icmap': type };
}

/** Milliseconds; 0 means the default, which is derived where `default` is absent. */
export function milliseconds(description: string, extra: Extra = {}): SectionSchema {
  return whole('uint32', description, { 'x-unit': 'ms', ...extra });
}

/** A u64, which JSON numbers cannot hold exactly: it stays text. */
export function whole64(description: string): SectionSchema {
  return { type: 'string', pattern: '^[0-9]{1,20}$', description, 'x-icmap': 'uint64' };
}

export function text(description: string, fallback?: string): SectionSchema {
  return { type: 'string', description, ...(fallback === undefined ? {} : { default: fallback }) };
}

/** A name that becomes part of a database key. */
export function name(description: string): SectionSchema {
  return { type: 'string', pattern: '^[A-Za-z0-9_.-]{1,60}$', description };
}

export function choice(
  values: readonly string[],
  fallback: string | undefined,
  description: string,
): SectionSchema {
  return { enum: values, description, ...(fallback === undefined ? {} : { default: fallback }) };
}

export function section(
  properties: Readonly<Record<string, SectionSchema>>,
  extra: Readonly<Record<string, unknown>> = {},
): SectionSchema {
  return { type: 'object', properties, ...extra };
}

/** A section or setting that may come several times. */
export function several(items: SectionSchema, extra: Readonly<Record<string, unknown>> = {}): SectionSchema {
  return { type: 'array', items, ...extra };
}
