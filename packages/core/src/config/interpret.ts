import type { Entry, Section } from './corosync-conf.js';
import type { SectionSchema } from './configuration.js';
import { integerFromText } from './integer.js';
import type { Problems } from './problems.js';
import { compileSchema, type SchemaFault } from './schema-compiler.js';
import { didYouMean } from './did-you-mean.js';
import { isObject, itemSchema, propertySchema } from './schema-property.js';
import { shown } from './text.js';

/** A section as an object: what its schema says about it holds, or there were problems. */
export interface Interpreted {
  readonly value: Record<string, unknown>;
  /** Line of every setting and section, by JSON pointer (`/interface/0/mcastport`); '' is the section itself. */
  readonly lines: ReadonlyMap<string, number>;
}

/**
 * Reads sections of one name (corosync merges those that come twice) as their schema wants them: text becomes an
 * integer or a boolean (yes/no, on/off) where the schema has one, a repeated section or setting an array where
 * the schema has one. Defaults are filled in. Everything the schema refuses is a problem with its line.
 */
export function interpret(
  name: string,
  sections: readonly Section[],
  schema: SectionSchema,
  problems: Problems,
): Interpreted {
  const reader = new Reader(schema, problems);
  const value: Record<string, unknown> = {};
  for (const section of sections) reader.section(section, value, schema, '');
  const reported = new Set<string>();
  for (const fault of compileSchema(schema)(value)) {
    const about = `${fault.pointer} ${fault.key}`;
    if (!reported.has(about)) report(name, fault, reader.lines, problems);
    reported.add(about);
    if (fault.keyword === 'type') leaveOut(value, fault.pointer.split('/').slice(1));
  }
  return { value, lines: reader.lines };
}

/**
 * A section where a setting should be, or the like, would mislead the checks that follow: to them it is not there.
 * With an item of a list goes the list.
 */
function leaveOut(from: object, path: readonly string[]): void {
  const [first = '', ...rest] = path;
  const key = unescapePointer(first);
  const inner = (from as Record<string, unknown>)[key];
  const isItem = Array.isArray(inner) && rest.length === 1;
  if (rest.length > 0 && !isItem && typeof inner === 'object' && inner !== null) leaveOut(inner, rest);
  else delete (from as Record<string, unknown>)[key];
}

class Reader {
  readonly lines = new Map<string, number>();

  constructor(
    private readonly root: SectionSchema,
    private readonly problems: Problems,
  ) {}

  section(section: Section, into: Record<string, unknown>, schema: SectionSchema, pointer: string): void {
    if (!this.lines.has(pointer)) this.lines.set(pointer, section.line);
    for (const item of section.items) {
      const property = propertySchema(this.root, schema, item.kind === 'entry' ? item.key : item.name);
      if (item.kind === 'entry') this.entry(item, into, property, pointer);
      else this.child(item, into, property, pointer);
    }
  }

  private entry(item: Entry, into: Record<string, unknown>, schema: SectionSchema, pointer: string): void {
    const path = `${pointer}/${escapePointer(item.key)}`;
    if (schema.type === 'array') {
      const list = listAt(into, item.key);
      this.lines.set(path, item.line).set(`${path}/${list.length}`, item.line);
      list.push(fromText(item.value, itemSchema(this.root, schema)));
      return;
    }
    const earlier = this.lines.get(path);
    if (earlier !== undefined) {
      this.problems.warning(
        'COTERIE_W_CONFIG_TWICE',
        item.line,
        `"${item.key}" is already in line ${earlier}; this one counts`,
      );
    }
    this.lines.set(path, item.line);
    put(into, item.key, fromText(item.value, schema));
  }

  private child(item: Section, into: Record<string, unknown>, schema: SectionSchema, pointer: string): void {
    const path = `${pointer}/${escapePointer(item.name)}`;
    if (schema.type === 'array') {
      const list = listAt(into, item.name);
      const element: Record<string, unknown> = {};
      if (!this.lines.has(path)) this.lines.set(path, item.line);
      this.section(item, element, itemSchema(this.root, schema), `${path}/${list.length}`);
      list.push(element);
      return;
    }
    const known = Object.hasOwn(into, item.name) ? into[item.name] : undefined;
    const merged = isObject(known) ? known : {};
    put(into, item.name, merged);
    this.section(item, merged, schema, path);
  }
}

function fromText(text: string, schema: SectionSchema): unknown {
  if (Array.isArray(schema.anyOf)) {
    const read = (schema.anyOf as SectionSchema[]).map((choice) => fromText(text, choice));
    return read.find((value) => typeof value !== 'string') ?? text;
  }
  if (schema.type === 'integer') return integerFromText(text) ?? text;
  if (schema.type === 'number') return /^-?[0-9]+(\.[0-9]+)?$/.test(text) ? Number(text) : text;
  if (schema.type === 'boolean') {
    if (text === 'yes' || text === 'on') return true;
    if (text === 'no' || text === 'off') return false;
  }
  return text;
}

function listAt(into: Record<string, unknown>, key: string): unknown[] {
  const known = Object.hasOwn(into, key) ? into[key] : undefined;
  if (Array.isArray(known)) return known;
  const list: unknown[] = [];
  put(into, key, list);
  return list;
}

/** Assigns an own property even for a key like `__proto__`. */
function put(into: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(into, key, { value, writable: true, enumerable: true, configurable: true });
}

function escapePointer(key: string): string {
  return key.replace(/~/g, '~0').replace(/\//g, '~1');
}

function unescapePointer(part: string): string {
  return part.replace(/~1/g, '/').replace(/~0/g, '~');
}

/** Words for what a schema found, with the line at fault. */
function report(
  name: string,
  fault: SchemaFault,
  lines: ReadonlyMap<string, number>,
  problems: Problems,
): void {
  const line = lines.get(fault.pointer) ?? lines.get('') ?? 0;
  const path = settingPath(name, fault.pointer);
  switch (fault.keyword) {
    case 'additionalProperties':
    case 'unevaluatedProperties': {
      const at = lines.get(`${fault.pointer}/${escapePointer(fault.key)}`) ?? line;
      const hint = didYouMean(fault.key, fault.known);
      problems.error('COTERIE_E_CONFIG_UNKNOWN_KEY', at, `${path} has no setting "${fault.key}".${hint}`);
      return;
    }
    case 'required':
      problems.error('COTERIE_E_CONFIG_MISSING', line, `${path} has no "${fault.key}", which it must have.`);
      return;
    default:
      problems.error('COTERIE_E_CONFIG_VALUE', line, `${path} is ${rendered(fault.data)}; ${fault.wanted}`);
  }
}

/** `totem.interface.mcastport` for `/interface/0/mcastport`. */
function settingPath(name: string, pointer: string): string {
  const parts = pointer
    .split('/')
    .slice(1)
    .filter((part) => !/^[0-9]+$/.test(part));
  return [name, ...parts.map(unescapePointer)].join('.');
}

function rendered(data: unknown): string {
  if (typeof data === 'string') return shown(data);
  if (Array.isArray(data)) return `there ${data.length} times`;
  return isObject(data) ? 'a section' : String(data);
}
