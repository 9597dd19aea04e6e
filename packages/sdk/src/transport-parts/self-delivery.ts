import type { Slab } from '../slab.js';
import type { PacketBatch } from '../transport.js';

/** Packets in one turn of the event loop. */
const CAPACITY = 1024;

/**
 * The way of packets from this node to itself: around the event loop and not through the kernel, so that it
 * stays open when the interface is gone.
 */
export class SelfDelivery {
  private filling = new Round();
  private emptying = new Round();
  private scheduled = false;

  constructor(private readonly received: (batch: PacketBatch) => void) {}

  /** Queue, until {@link flush}. False if there is no room. */
  push(slab: Slab, offset: number, length: number): boolean {
    return this.filling.push(slab, offset, length);
  }

  flush(): void {
    if (this.filling.count === 0 || this.scheduled) return;
    this.scheduled = true;
    setImmediate(this.run);
  }

  /** Drops what is queued. */
  clear(): void {
    this.filling.clear();
  }

  private readonly run = (): void => {
    this.scheduled = false;
    const round = this.emptying;
    this.emptying = this.filling;
    this.filling = round;
    this.emptying.deliver(this.received);
    this.emptying.clear();
  };
}

class Round {
  count = 0;
  private readonly slabs: Slab[] = [];
  private readonly offsets = new Uint32Array(CAPACITY);
  private readonly lengths = new Uint32Array(CAPACITY);

  push(slab: Slab, offset: number, length: number): boolean {
    if (this.count === CAPACITY) return false;
    slab.retain();
    this.slabs.push(slab);
    this.offsets[this.count] = offset;
    this.lengths[this.count] = length;
    this.count++;
    return true;
  }

  /** A batch has one slab: one batch for each run of packets from the same slab. */
  deliver(received: (batch: PacketBatch) => void): void {
    let from = 0;
    while (from < this.count) {
      const slab = this.slabs[from]!;
      let to = from + 1;
      while (to < this.count && this.slabs[to] === slab) to++;
      received({
        slab,
        count: to - from,
        offsets: from === 0 ? this.offsets : this.offsets.subarray(from, to),
        lengths: from === 0 ? this.lengths : this.lengths.subarray(from, to),
      });
      from = to;
    }
  }

  clear(): void {
    for (const slab of this.slabs) slab.release();
    this.slabs.length = 0;
    this.count = 0;
  }
}
