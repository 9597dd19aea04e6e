import type { Slab } from '@coterie/sdk';

/** The slabs that the device still reads from, in the order of sending. */
export class InFlight {
  private slabs: Slab[] = [];
  /** Of the last packet in `slabs[i]`. */
  private numbers: number[] = [];
  private done = 0;

  get count(): number {
    return this.slabs.length - this.done;
  }

  /** Retains the slabs until packet `number` has left. */
  hold(slabs: readonly Slab[], number: number): void {
    for (const slab of slabs) {
      slab.retain();
      this.slabs.push(slab);
      this.numbers.push(number);
    }
  }

  /** All packets up to this one have left. */
  release(number: number): void {
    while (this.done < this.slabs.length && this.numbers[this.done]! <= number) {
      this.slabs[this.done]!.release();
      this.done++;
    }
    if (this.done < this.slabs.length) return this.compact();
    this.slabs.length = 0;
    this.numbers.length = 0;
    this.done = 0;
  }

  private compact(): void {
    if (this.done < 256) return;
    this.slabs = this.slabs.slice(this.done);
    this.numbers = this.numbers.slice(this.done);
    this.done = 0;
  }
}
