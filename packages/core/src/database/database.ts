import {
  CoterieError,
  ValueType,
  type Adjusted,
  type Database,
  type DatabaseChange,
  type DatabaseValue,
} from '@coterie/sdk';
import { readOnlyKeys, readOnlyPrefixes } from './read-only.js';
import { SortedKeys } from './sorted-keys.js';
import { checkValue, sameValue, stepped } from './value.js';

const KEY = /^[A-Za-z0-9._\-/:]{3,255}$/;

export function isDatabaseKey(key: string): boolean {
  return KEY.test(key);
}

type Listener = (change: DatabaseChange) => void;

interface Tracker {
  readonly key: string;
  readonly prefix: boolean;
  readonly listener: Listener;
  active: boolean;
}

/**
 * The configuration and statistics store (corosync: icmap), protected as in corosync from the start. Every
 * listener hears changes in the order in which they happened: a change made by a listener is told after the
 * change it reacts to has been told to all.
 */
export class MemoryDatabase implements Database {
  private readonly values = new Map<string, DatabaseValue>();
  private readonly sorted = new SortedKeys();
  /** Replaced, never changed, when a tracker comes or goes: a notification goes on over the old array. */
  private trackers: readonly Tracker[] = [];
  private readonly untold: { change: DatabaseChange; trackers: readonly Tracker[] }[] = [];
  private telling = false;
  private readonly protectedKeys = new Set(readOnlyKeys);
  private readonly protectedPrefixes = new Set(readOnlyPrefixes);

  /** @param failed hears of listeners that threw; the database goes on with the next one. */
  constructor(private readonly failed: (error: unknown, change: DatabaseChange) => void) {}

  get(key: string): DatabaseValue | undefined {
    return this.values.get(key);
  }

  set(key: string, value: DatabaseValue): void {
    checkValue(key, value);
    const old = this.values.get(key);
    if (old === undefined) {
      if (!isDatabaseKey(key)) {
        throw new CoterieError(
          'COTERIE_E_DATABASE_KEY',
          `${JSON.stringify(key.slice(0, 300))} is not a database key`,
        );
      }
      this.sorted.add(key);
    } else if (sameValue(old, value)) {
      return;
    }
    const stored = owned(value);
    this.values.set(key, stored);
    if (this.trackers.length > 0) {
      this.tell({ kind: old === undefined ? 'add' : 'modify', key, old, value: stored });
    }
  }

  delete(key: string): boolean {
    const old = this.values.get(key);
    if (old === undefined) return false;
    this.values.delete(key);
    this.sorted.remove(key);
    if (this.trackers.length > 0) this.tell({ kind: 'delete', key, old, value: undefined });
    return true;
  }

  adjust(key: string, step: number): Adjusted {
    const old = this.values.get(key);
    if (old === undefined) return 'missing';
    const next = stepped(old, step);
    if (next === undefined) return 'not-integer';
    this.set(key, next);
    return 'done';
  }

  keys(prefix = ''): string[] {
    return this.sorted.startingWith(prefix);
  }

  track(key: string, prefix: boolean, listener: Listener): () => void {
    const tracker: Tracker = { key, prefix, listener, active: true };
    this.trackers = [...this.trackers, tracker];
    return () => {
      tracker.active = false;
      this.trackers = this.trackers.filter((other) => other !== tracker);
    };
  }

  readOnly(key: string): boolean {
    if (this.protectedKeys.has(key)) return true;
    for (const prefix of this.protectedPrefixes) if (key.startsWith(prefix)) return true;
    return false;
  }

  protect(key: string, prefix: boolean): void {
    (prefix ? this.protectedPrefixes : this.protectedKeys).add(key);
  }

  private tell(change: DatabaseChange): void {
    this.untold.push({ change, trackers: this.trackers });
    if (this.telling) return;
    this.telling = true;
    for (let next = this.untold.shift(); next !== undefined; next = this.untold.shift()) {
      for (const tracker of next.trackers) {
        if (tracker.active && concerns(tracker, next.change.key)) this.call(tracker, next.change);
      }
    }
    this.telling = false;
  }

  private call(tracker: Tracker, change: DatabaseChange): void {
    try {
      tracker.listener(change);
    } catch (error) {
      this.failed(error, change);
    }
  }
}

function concerns(tracker: Tracker, key: string): boolean {
  return tracker.prefix ? key.startsWith(tracker.key) : key === tracker.key;
}

/** Binary values are copied: the caller may use its buffer again. */
function owned(value: DatabaseValue): DatabaseValue {
  return value.type === ValueType.binary ? { type: value.type, value: value.value.slice() } : value;
}
