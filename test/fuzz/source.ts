import type { Prng } from '@coterie/testkit';

/** Where the inputs of one run come from: made as they are needed, or recorded earlier. */
export class Source {
  /** Inputs taken so far; only the last one if they are not kept. */
  readonly taken: Uint8Array[] = [];
  /** Milliseconds that each input took, if they are kept. */
  readonly times: number[] = [];
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
  ) {}

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
    if (this.keep) this.taken.push(this.random === undefined ? input : input.slice());
    else this.taken[0] = input;
    this.at++;
    return input;
  }

  /** Inputs that are still to come. */
  get left(): number {
    return this.count - this.at;
  }

  /** The input taken last is done with. */
  took(milliseconds: number, outcome: string): void {
    if (this.keep) this.times.push(milliseconds);
    else if (this.slowest === undefined || milliseconds > this.slowest.took)
      this.slowest = { input: this.taken[0]!.slice(), took: milliseconds };
    this.outcomes.set(outcome, (this.outcomes.get(outcome) ?? 0) + 1);
  }

  /** What the target holds now it would hold for ever: a moment to look at memory. */
  rest(): void {
    this.rested();
  }
}
