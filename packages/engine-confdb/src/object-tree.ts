import type { KeyMap } from './key-map.js';
import { ROOT } from './objects-wire.js';

const NAME = /^[A-Za-z0-9_\-/:]+$/;
const NUMBER = /^[0-9]+$/;
/** Objects that need no key at a time. */
const MAX_CREATED = 4096;
/** Handles that may be known before those of objects that are gone are forgotten. */
const MANY_HANDLES = 16_384;

/** The keys that begin with its path and a full stop. */
export interface TreeObject {
  readonly handle: bigint;
  /** As in the keys, with its number if it has one; empty for the root. */
  readonly path: string;
  /** The last part of the path, without the number. */
  readonly name: string;
  /** Path of the object above. */
  readonly parent: string;
}

/**
 * The keys of the database as a tree of objects: `totem.token` is key `token` of object `totem`. A number in the middle
 * tells objects of one name apart: `nodelist.node.0.nodeid` is key `nodeid` of an object `node` of `nodelist`.
 * An object is there while a key is below it; one that was created is there until it is destroyed.
 */
export class ObjectTree {
  /** Objects that somebody has a handle of. */
  private readonly byPath = new Map<string, TreeObject>();
  private readonly byHandle = new Map<bigint, TreeObject>();
  private readonly created = new Set<string>();
  private lastHandle = 0n;

  constructor(private readonly database: Pick<KeyMap, 'keys'>) {
    const root: TreeObject = { handle: ROOT, path: '', name: '', parent: '' };
    this.byPath.set('', root);
    this.byHandle.set(ROOT, root);
  }

  /** Undefined: no such object, or it is not there any more. */
  find(handle: bigint): TreeObject | undefined {
    const object = this.byHandle.get(handle);
    return object !== undefined && this.exists(object.path) ? object : undefined;
  }

  parent(object: TreeObject): TreeObject {
    return this.at(object.parent);
  }

  /** The objects right below, in the order of their names and numbers. */
  children({ path }: TreeObject): TreeObject[] {
    const from = path === '' ? 0 : path.length + 1;
    const paths = new Set<string>();
    for (const key of this.allKeys(path))
      addChild(paths, from, key.slice(0, Math.max(0, key.lastIndexOf('.'))));
    for (const created of this.created) if (isBelow(path, created)) addChild(paths, from, created);
    return [...paths].sort(byNumber).map((child) => this.at(child));
  }

  /** Names of the keys of an object itself, in ascending order. */
  keys({ path }: TreeObject): string[] {
    const from = path === '' ? 0 : path.length + 1;
    return this.allKeys(path)
      .map((key) => key.slice(from))
      .filter((name) => !name.includes('.'));
  }

  /** The whole keys of an object and of all below it. */
  allKeys(path: string): string[] {
    if (path === '') return this.database.keys('');
    return this.database.keys(`${path}.`).filter((key) => !isNumbered(path, key));
  }

  /** The whole key; undefined if the name has characters that a part of a key cannot have. */
  key({ path }: TreeObject, name: string): string | undefined {
    if (!NAME.test(name)) return undefined;
    return path === '' ? name : `${path}.${name}`;
  }

  /** The first of its name has no number. Undefined: no name of an object, too long, or too many were created. */
  create(parent: TreeObject, name: string): TreeObject | undefined {
    const path = this.key(parent, name);
    if (path === undefined || NUMBER.test(name) || this.created.size >= MAX_CREATED) return undefined;
    let free = path;
    for (let number = 0; this.exists(free); number++) free = `${path}.${number}`;
    // Room for a key of one character.
    if (free.length > 253) return undefined;
    this.created.add(free);
    return this.at(free);
  }

  /** Forgets that it was created, and all below; its keys are the caller's. False: it was not there without keys. */
  forget({ path }: TreeObject): boolean {
    const there = this.exists(path);
    for (const other of [...this.created]) {
      if (other === path || isBelow(path, other)) this.created.delete(other);
    }
    for (const [known, { handle }] of this.byPath) {
      if (known === path || isBelow(path, known)) {
        this.byPath.delete(known);
        this.byHandle.delete(handle);
      }
    }
    return there;
  }

  /** The object that a key belongs to, and the name of the key. */
  owner(key: string): { object: TreeObject; name: string } {
    const end = key.lastIndexOf('.');
    return { object: this.at(key.slice(0, Math.max(0, end))), name: key.slice(end + 1) };
  }

  /** The objects above the one at `path`, the nearest first, the root last. */
  *above({ parent, path }: TreeObject): Iterable<TreeObject> {
    for (let at = path === '' ? undefined : parent; at !== undefined;) {
      const object = this.at(at);
      yield object;
      at = at === '' ? undefined : object.parent;
    }
  }

  /** Is it there for this key alone? */
  holdsOnly({ path }: TreeObject, key: string): boolean {
    if (this.created.has(path)) return false;
    for (const other of this.created) if (isBelow(path, other)) return false;
    const keys = this.allKeys(path);
    return keys.length === 1 && keys[0] === key;
  }

  exists(path: string): boolean {
    if (path === '') return true;
    if (this.created.has(path)) return true;
    for (const other of this.created) if (isBelow(path, other)) return true;
    return this.allKeys(path).length > 0;
  }

  private forgetGone(): void {
    for (const [path, { handle }] of this.byPath) {
      if (this.exists(path)) continue;
      this.byPath.delete(path);
      this.byHandle.delete(handle);
    }
  }

  private at(path: string): TreeObject {
    let object = this.byPath.get(path);
    if (object === undefined) {
      if (this.byPath.size >= MANY_HANDLES) this.forgetGone();
      const parts = path.split('.');
      if (parts.length > 1 && NUMBER.test(parts.at(-1)!)) parts.pop();
      const name = parts.pop()!;
      object = { handle: ++this.lastHandle, path, name, parent: parts.join('.') };
      this.byPath.set(path, object);
      this.byHandle.set(object.handle, object);
    }
    return object;
  }
}

/** Is the object at `other` within the one at `path`? `node.0` is not within `node`: it is another one of that name. */
export function isBelow(path: string, other: string): boolean {
  return path === '' ? other !== '' : other.startsWith(`${path}.`) && !isNumbered(path, `${other}.`);
}

/** Is what `key` belongs to named as the object at `path`, with a number? */
function isNumbered(path: string, key: string): boolean {
  return /^[0-9]+\./.test(key.slice(path.length + 1)) && !NUMBER.test(path.slice(path.lastIndexOf('.') + 1));
}

/** Of the object `a.b.c` the one right below `a`, whose name begins at `from`: `a.b`; of `a.b.0.c` it is `a.b.0`. */
function addChild(paths: Set<string>, from: number, path: string): void {
  const [name, number] = path.slice(from).split('.');
  if (name === undefined || name === '') return;
  const end = from + name.length;
  paths.add(
    number !== undefined && NUMBER.test(number) ? path.slice(0, end + 1 + number.length) : path.slice(0, end),
  );
}

/** `node.10` behind `node.9`. */
function byNumber(a: string, b: string): number {
  const [, nameA = a, numberA = ''] = /^(.*?)(?:\.([0-9]+))?$/.exec(a) ?? [];
  const [, nameB = b, numberB = ''] = /^(.*?)(?:\.([0-9]+))?$/.exec(b) ?? [];
  if (nameA !== nameB) return nameA < nameB ? -1 : 1;
  return numberA === '' ? -1 : numberB === '' ? 1 : Number(numberA) - Number(numberB);
}
