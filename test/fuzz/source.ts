import type { Prng } from '@coterie/testkit';

/** Where the inputs of one run come from: made as they are needed, or recorded earlier. */
export class Source {
  /** Inputs taken so far, if they are kept. */
  private readonly record: Record;
  private last: Uint8Array = new Uint8Array(0);
  private readonly durations: Float64Array;
  /** If they are not kept: the input that took longest. */
  slowest: { readonly input: Uint8Array; readonly took: number } | undefined;
  /** How often each thing came of an input. */
  readonly outcomes = new Map<string, number>();
  private at = 0;

  private constructor(
    private readonly count: number,
    private readonly keep: boolean,
    private readonly random: Prng | undefined,
    private readonly recorded: readonly Uint8Array[],
    private readonly rested: () => void,
  ) {
    this.record = new Record(keep ? count : 0);
    this.durations = new Float64Array(keep ? count : 0);
  }

  /** @param keep are inputs kept, or done with when the next one is taken? @param rested see {@link rest} */
  static fresh(random: Prng, count: number, keep: boolean, rested: () => void): Source {
    return new Source(count, keep, random, [], rested);
  }

  static of(inputs: readonly Uint8Array[]): Source {
    return new Source(inputs.length, true, undefined, inputs, () => undefined);
  }

  /** The next input, from `make` unless it was recorded; undefined at the end. Valid until the next call. */
  next(make: (random: Prng) => Uint8Array): Uint8Array | undefined {
    if (this.at === this.count) return undefined;
    const input = this.random === undefined ? this.recorded[this.at]! : make(this.random);
    if (this.keep) this.record.add(input);
    this.last = input;
    this.at++;
    return input;
  }

  /** Inputs taken so far; only the last one if they are not kept. */
  get taken(): readonly Uint8Array[] {
    return this.keep ? this.record.list() : [this.last.slice()];
  }

  /** Milliseconds that each input took, if they are kept. */
  get times(): readonly number[] {
    return [...this.durations];
  }

  /** Inputs that are still to come. */
  get left(): number {
    return this.count - this.at;
  }

  /** The input taken last is done with. */
  took(milliseconds: number, outcome: string): void {
    if (this.keep) this.durations[this.at - 1] = milliseconds;
    else if (this.slowest === undefined || milliseconds > this.slowest.took)
      this.slowest = { input: this.last.slice(), took: milliseconds };
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
  }

  /** What the target holds now it would hold for ever: a moment to look at memory. */
  rest(): void {
    this.rested();
  }
}

/** Inputs back to back in memory outside of the heap, which is looked at for what the target keeps. */
class Record {
  private bytes = new Uint8Array(1 << 16);
  private readonly ends: Float64Array;
  private length = 0;

  /** @param capacity how many there are at most */
  constructor(capacity: number) {
    this.ends = new Float64Array(capacity);
  }

  add(input: Uint8Array): void {
    const start = this.ends[this.length - 1] ?? 0;
    const end = start + input.length;
    if (end > this.bytes.length) {
      const larger = new Uint8Array(Math.max(end, 2 * this.bytes.length));
      larger.set(this.bytes.subarray(0, start));
      this.bytes = larger;
    }
    this.bytes.set(input, start);
    this.ends[this.length++] = end;
  }

  list(): Uint8Array[] {
    const ends = this.ends.subarray(0, this.length);
    return Array.from(ends, (end, i) => this.bytes.slice(ends[i - 1] ?? 0, end));
  }
}
