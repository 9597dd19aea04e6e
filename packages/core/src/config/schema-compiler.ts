import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import type { SectionSchema } from './configuration.js';
import { icmapTypes } from './schema.js';
import { didYouMean } from './did-you-mean.js';

/** One thing that a schema refuses. */
export interface SchemaFault {
  readonly keyword: string;
  /** Where, as a JSON pointer into the value. */
  readonly pointer: string;
  readonly data: unknown;
  /** The key that is unknown or missing; '' for other faults. */
  readonly key: string;
  /** The keys that are known there. */
  readonly known: readonly string[];
  /** What the value must be, in words: `it must be ...`. */
  readonly wanted: string;
}

/** Fills defaults into the value and says what the schema refuses. */
export type Validate = (value: Record<string, unknown>) => SchemaFault[];

const compiled = new WeakMap<SectionSchema, Validate>();

/**
 * A schema, compiled once. Objects that do not say which further properties they have take none.
 * @throws Error if it is no schema.
 */
export function compileSchema(schema: SectionSchema): Validate {
  let validate = compiled.get(schema);
  if (validate === undefined) {
    validate = compile(closed(schema) as SectionSchema);
    compiled.set(schema, validate);
  }
  return validate;
}

/** One for all schemas: each compiles the schema of schemas anew, the costliest part of a daemon's start. */
const ajv = new Ajv2020({ allErrors: true, strict: true, useDefaults: true, verbose: true, logger: false });
ajv.addKeyword({ keyword: 'x-icmap', metaSchema: { enum: icmapTypes } });
ajv.addKeyword({ keyword: 'x-unit', schemaType: 'string' });

function compile(schema: SectionSchema): Validate {
  const check = ajv.compile(schema);
  // What was compiled is kept above for as long as its schema is; the compiler would keep it for ever.
  ajv.removeSchema(schema);
  return (value) => {
    if (check(value)) return [];
    return faults(check.errors ?? []);
  };
}

/**
 * A copy in which every object with `properties` refuses others, unless it says something about them; without
 * `$id`, by which two schemas could collide.
 */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]));
  if (typeof copy['$id'] === 'string') delete copy['$id'];
  const open = 'additionalProperties' in copy || 'unevaluatedProperties' in copy;
  return copy.type === 'object' && !open ? { ...copy, additionalProperties: false } : copy;
}

function faults(errors: readonly ErrorObject[]): SchemaFault[] {
  let found: SchemaFault[] = [];
  for (const error of errors) {
    // What each choice asks for has been listed before.
    const choices =
      error.keyword === 'anyOf' ? found.filter(({ pointer }) => pointer === error.instancePath) : [];
    found = found.filter((each) => !choices.includes(each));
    found.push(choices.length === 0 ? fault(error) : anyOf(choices, fault(error)));
  }
  return found;
}

/** What none of the choices takes, in the words of all. A value of no type that fits counts as one of the wrong type. */
function anyOf(choices: readonly SchemaFault[], refused: SchemaFault): SchemaFault {
  const wanted = choices.map((choice) => choice.wanted.replace(/^it must (.*)\.$/, '$1')).join(' or ');
  const type = choices.find(({ keyword }) => keyword === 'type');
  return { ...(type ?? refused), wanted: `it must ${wanted}.` };
}

function fault(error: ErrorObject): SchemaFault {
  const params = error.params as Record<string, unknown>;
  const key = params.additionalProperty ?? params.unevaluatedProperty ?? params.missingProperty ?? '';
  const properties = (error.parentSchema?.properties ?? {}) as Record<string, unknown>;
  return {
    keyword: error.keyword,
    pointer: error.instancePath,
    data: error.data,
    key: String(key),
    known: Object.keys(properties),
    wanted: wanted(error),
  };
}

function wanted({ keyword, params, parentSchema, data, message }: ErrorObject): string {
  const schema = (parentSchema ?? {}) as { minimum?: number; maximum?: number; const?: unknown };
  const range = `in the range ${schema.minimum ?? ''}..${schema.maximum ?? ''}`;
  switch (keyword) {
    case 'minimum':
    case 'maximum':
      return `it must be ${range}.`;
    case 'type':
      return wantedType(String(params.type), 'minimum' in schema ? ` ${range}` : '');
    case 'enum': {
      const values = (params.allowedValues as unknown[]).map(String);
      const hint = typeof data === 'string' ? didYouMean(data, values) : '';
      return `it must be one of ${values.join(', ')}.${hint}`;
    }
    case 'const':
      return `it must be ${JSON.stringify(schema.const)}.`;
    default:
      return `it ${message ?? 'is refused by its schema'}.`;
  }
}

function wantedType(type: string, range: string): string {
  switch (type) {
    case 'integer':
      return `it must be an integer${range}.`;
    case 'boolean':
      return 'it must be yes or no.';
    case 'object':
    case 'array':
      return 'it must be a section.';
    default:
      return `it must be a ${type}.`;
  }
}
