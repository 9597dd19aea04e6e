import { ValueType, value, type DatabaseValue } from '@coterie/sdk';
import { integerRange } from '../database/value.js';
import type { Host, SectionSchema } from './configuration.js';
import type { Entry, Section } from './corosync-conf.js';
import type { Problems } from './problems.js';
import { itemSchema, propertySchema } from './schema-property.js';
import { shown } from './text.js';

/** Keys below it are the same on all members, whatever stands in the file of one of them. */
const SHARED = 'cluster.';
const ALL_SHARE = `keys below "${SHARED}" are set while the cluster runs, on all nodes at once.`;

/**
 * The file's settings under the keys and types that corosync's parser gives them (main_config_parser_cb in
 * coroparse.c). Types come from the schemas' `x-icmap`; what has none is stored as text.
 */
export function databaseKeys(
  root: Section,
  schemas: ReadonlyMap<string, SectionSchema>,
  problems: Problems,
): Map<string, DatabaseValue> {
  const writer = new KeyWriter(problems);
  for (const item of root.items) {
    if (item.kind === 'entry') writer.entry('', item, {});
    else if (item.name !== 'uidgid') writer.topLevel(item, schemas.get(item.name) ?? {});
  }
  return writer.keys;
}

/** What `uidgid` sections grant, as keys. Other settings in them are the schema's affair. */
export function accessKeys(
  sections: readonly Section[],
  host: Host,
  problems: Problems,
): Map<string, DatabaseValue> {
  const keys = new Map<string, DatabaseValue>();
  for (const item of sections.flatMap((section) => section.items)) {
    if (item.kind === 'section' || (item.key !== 'uid' && item.key !== 'gid')) continue;
    const named = item.key === 'uid' ? host.user?.(item.value) : host.group?.(item.value);
    const id = /^[0-9]{1,10}$/.test(item.value) ? Number(item.value) : named;
    if (id !== undefined && id <= 0xffff_ffff) {
      keys.set(`uidgid.config.${item.key}.${id}`, value.u8(1));
    } else {
      const what = item.key === 'uid' ? 'user' : 'group';
      problems.error('COTERIE_E_CONFIG_ACCOUNT', item.line, `this host has no ${what} ${shown(item.value)}.`);
    }
  }
  return keys;
}

class KeyWriter {
  readonly keys = new Map<string, DatabaseValue>();
  private nodes = 0;

  private root: SectionSchema = {};

  constructor(private readonly problems: Problems) {}

  topLevel(section: Section, schema: SectionSchema): void {
    this.root = schema;
    this.section('', section, schema, '');
  }

  /** @param outer the path of what is around the section, as the database spells it; @param path as the file does */
  private section(outer: string, section: Section, schema: SectionSchema, path: string): void {
    const here = path === '' ? section.name : `${path}.${section.name}`;
    const own = schema.type === 'array' ? itemSchema(this.root, schema) : schema;
    const prefix = this.prefix(outer, section, here);
    let members = 0;
    for (const item of section.items) {
      const property = propertySchema(this.root, own, item.kind === 'entry' ? item.key : item.name);
      if (item.kind === 'entry') {
        if (!isPartOfPath(here, item, section)) this.entry(prefix, item, property);
      } else if (here === 'totem.interface' && item.name === 'member') {
        const address = entryOf(item, 'memberaddr');
        if (address !== undefined) this.keys.set(`${prefix}.member.${members++}`, value.string(address));
      } else {
        this.section(prefix, item, property, here);
      }
    }
  }

  entry(prefix: string, { key, value: text, line }: Entry, schema: SectionSchema): void {
    const path = prefix === '' ? key : `${prefix}.${key}`;
    if (path.length < 3 || path.length > 255) {
      this.problems.error(
        'COTERIE_E_CONFIG_SYNTAX',
        line,
        `${shown(path)} has ${path.length} characters; a key has 3 to 255.`,
      );
      return;
    }
    if (path.startsWith(SHARED)) {
      this.problems.warning('COTERIE_W_CONFIG_IGNORED', line, `${shown(path)} has no effect: ${ALL_SHARE}`);
      return;
    }
    const name = typeof schema['x-icmap'] === 'string' ? schema['x-icmap'] : 'string';
    // A word that the schema takes instead of a number.
    const word = schema.anyOf === undefined ? undefined : value.string(text);
    const typed = typedValue(name as keyof typeof ValueType, text) ?? word;
    if (typed !== undefined) this.keys.set(path, typed);
    else
      this.problems.error('COTERIE_E_CONFIG_VALUE', line, `${path} is ${shown(text)}; it must be a ${name}.`);
  }

  private prefix(outer: string, section: Section, path: string): string {
    switch (path) {
      case 'totem.interface':
        return `totem.interface.${Number(entryOf(section, 'linknumber') ?? 0) || 0}`;
      case 'nodelist.node':
        return `nodelist.node.${this.nodes++}`;
      case 'logging.logger_subsys':
        return `logging.logger_subsys.${entryOf(section, 'subsys') ?? ''}`;
      case 'logging.logging_daemon':
        return loggingDaemonPrefix(entryOf(section, 'name') ?? '', entryOf(section, 'subsys'));
      default:
        return outer === '' ? section.name : `${outer}.${section.name}`;
    }
  }
}

function loggingDaemonPrefix(name: string, subsystem: string | undefined): string {
  if (name === 'corosync') return subsystem === undefined ? 'logging' : `logging.logger_subsys.${subsystem}`;
  const prefix = `logging.logging_daemon.${name}`;
  return subsystem === undefined ? prefix : `${prefix}.${subsystem}`;
}

/** Settings that only say where the section's others go. */
function isPartOfPath(path: string, { key }: Entry, section: Section): boolean {
  if (path === 'totem.interface') return key === 'linknumber';
  return path === 'logging.logging_daemon' && key === 'name' && entryOf(section, 'name') === 'corosync';
}

function entryOf(section: Section, key: string): string | undefined {
  return section.items.findLast((item): item is Entry => item.kind === 'entry' && item.key === key)?.value;
}

/** The text as a value of an icmap type; undefined if it does not fit. */
function typedValue(name: keyof typeof ValueType, text: string): DatabaseValue | undefined {
  const type = ValueType[name];
  const range = integerRange(type);
  if (range === undefined) return value.string(text);
  if (!/^[+-]?[0-9]{1,20}$/.test(text)) return booleanValue(type, text);
  const integer = BigInt(text.replace(/^\+/, ''));
  if (integer < range.min || integer > range.max) return undefined;
  const wide = type === ValueType.int64 || type === ValueType.uint64;
  return { type, value: wide ? integer : Number(integer) } as DatabaseValue;
}

/** A switch of a plugin's schema that the database holds as a number. */
function booleanValue(type: ValueType, text: string): DatabaseValue | undefined {
  const bit = text === 'yes' || text === 'on' ? 1 : text === 'no' || text === 'off' ? 0 : undefined;
  return bit === undefined || type === ValueType.int64 || type === ValueType.uint64
    ? undefined
    : ({ type, value: bit } as DatabaseValue);
}
