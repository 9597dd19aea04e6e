/** First and last of consecutive numbers. */
export type Range = readonly [number, number];

/** Numbers that are there, as few ranges in ascending order. */
export class Ranges {
  private readonly ranges: [number, number][];

  constructor(ranges: readonly Range[] = []) {
    this.ranges = ranges.map(([first, last]) => [first, last]);
  }

  has(number: number): boolean {
    return this.ranges.some(([first, last]) => first <= number && number <= last);
  }

  add(number: number): void {
    if (this.has(number)) return;
    const behind = this.ranges.findIndex(([first]) => first > number);
    const at = behind < 0 ? this.ranges.length : behind;
    this.ranges.splice(at, 0, [number, number]);
    this.join(at);
    if (at > 0) this.join(at - 1);
  }

  /** How many numbers there are from `first` to `last`. */
  count([first, last]: Range): number {
    let sum = 0;
    for (const [from, to] of this.ranges) sum += Math.max(0, Math.min(to, last) - Math.max(from, first) + 1);
    return sum;
  }

  toJSON(): readonly Range[] {
    return this.ranges;
  }

  /** Makes one of the range and the next if nothing is between them. */
  private join(at: number): void {
    const [range, next] = [this.ranges[at], this.ranges[at + 1]];
    if (range === undefined || next === undefined || next[0] !== range[1] + 1) return;
    range[1] = next[1];
    this.ranges.splice(at + 1, 1);
  }
}
