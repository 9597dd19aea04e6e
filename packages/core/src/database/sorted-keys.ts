/**
 * Keys in ascending byte order. Database keys are ASCII, so the order of JavaScript strings is that order.
 * Adding and removing costs one binary search and one move of memory.
 */
export class SortedKeys {
  private readonly keys: string[] = [];

  /** The key must be new. */
  add(key: string): void {
    this.keys.splice(this.lowerBound(key), 0, key);
  }

  /** The key must be there. */
  remove(key: string): void {
    this.keys.splice(this.lowerBound(key), 1);
  }

  /** A copy of the keys that start with `prefix`. */
  startingWith(prefix: string): string[] {
    const from = this.lowerBound(prefix);
    let to = from;
    while (to < this.keys.length && this.keys[to]?.startsWith(prefix)) to++;
    return this.keys.slice(from, to);
  }

  /** The position of the first key that is not less than `key`. */
  private lowerBound(key: string): number {
    let low = 0;
    let high = this.keys.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.keys[middle] as string) < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
