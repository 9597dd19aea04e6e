import type { KeyMap } from './key-map.js';

/** Open at most in one connection. */
const MAX_ITERATORS = 64;
const MAX_TRACKERS = 1024;

interface Iteration {
  readonly keys: readonly string[];
  position: number;
}

interface Tracking {
  readonly clientHandle: bigint;
  readonly stop: () => void;
}

/** What one connection looks at: its map, iterators and trackers. */
export class Session {
  private readonly iterations = new Map<number, Iteration>();
  private readonly trackings = new Map<number, Tracking>();
  private handles = 0;

  constructor(public map: KeyMap) {}

  get idle(): boolean {
    return this.iterations.size === 0 && this.trackings.size === 0;
  }

  /** The handle of a new iterator over the keys as they are now; undefined: too many are open. */
  iterate(prefix: string): number | undefined {
    if (this.iterations.size >= MAX_ITERATORS) return undefined;
    this.iterations.set(++this.handles, { keys: this.map.keys(prefix), position: 0 });
    return this.handles;
  }

  /** The next key that still exists; `end` after the last one; undefined: no such handle. */
  next(handle: number): string | 'end' | undefined {
    const iteration = this.iterations.get(handle);
    if (!iteration) return undefined;
    for (;;) {
      const key = iteration.keys[iteration.position++];
      if (key === undefined) return 'end';
      if (this.map.get(key)) return key;
    }
  }

  endIteration(handle: number): boolean {
    return this.iterations.delete(handle);
  }

  /** The handle of a new tracker; undefined: too many are open. */
  track(clientHandle: bigint, start: () => () => void): number | undefined {
    if (this.trackings.size >= MAX_TRACKERS) return undefined;
    this.trackings.set(++this.handles, { clientHandle, stop: start() });
    return this.handles;
  }

  /** The client's own handle of the tracker that ends; undefined: no such handle. */
  endTracking(handle: number): bigint | undefined {
    const tracking = this.trackings.get(handle);
    tracking?.stop();
    this.trackings.delete(handle);
    return tracking?.clientHandle;
  }

  close(): void {
    this.iterations.clear();
    for (const { stop } of this.trackings.values()) stop();
    this.trackings.clear();
  }
}
