import type { Counter, Counters } from '@coterie/sdk';

/** The counters of all engines, by database key. */
export class CounterRegistry {
  private readonly counters = new Map<string, Counter>();

  /** The counters of one engine: `stats.<engine>.<name>`. */
  of(engine: string): Counters {
    return { counter: (name) => this.at(`stats.${engine}.${name}`) };
  }

  at(key: string): Counter {
    let counter = this.counters.get(key);
    if (counter === undefined) {
      counter = { value: 0 };
      this.counters.set(key, counter);
    }
    return counter;
  }

  /** The engine does not run: it counts nothing that anybody sees. */
  forget(engine: string): void {
    for (const key of this.counters.keys()) if (key.startsWith(`stats.${engine}.`)) this.counters.delete(key);
  }

  entries(): Iterable<[string, Counter]> {
    return this.counters;
  }
}
