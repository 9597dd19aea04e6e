import type { Slab } from '@coterie/sdk';

/** A packet: `length` bytes at `offset` of a slab. Made once and filled again and again. */
export class PacketRef {
  slab: Slab | undefined;
  offset = 0;
  length = 0;
}

/** Packets that wait to be sent, first in, first out; each holds one reference to its slab. */
export class PacketQueue {
  private readonly slabs: (Slab | undefined)[];
  private readonly offsets: Uint32Array;
  private readonly lengths: Uint32Array;
  private head = 0;
  private count = 0;

  constructor(readonly capacity: number) {
    this.slabs = new Array<Slab | undefined>(capacity).fill(undefined);
    this.offsets = new Uint32Array(capacity);
    this.lengths = new Uint32Array(capacity);
  }

  get length(): number {
    return this.count;
  }

  /** Takes over one reference to the slab. False if the queue is full: the reference stays the caller's. */
  push(slab: Slab, offset: number, length: number): boolean {
    if (this.count === this.capacity) return false;
    const tail = (this.head + this.count) % this.capacity;
    this.slabs[tail] = slab;
    this.offsets[tail] = offset;
    this.lengths[tail] = length;
    this.count++;
    return true;
  }

  /** Moves the oldest packet, and the reference to its slab, into `into`. False if there is none. */
  shift(into: PacketRef): boolean {
    if (this.count === 0) return false;
    into.slab = this.slabs[this.head];
    into.offset = this.offsets[this.head]!;
    into.length = this.lengths[this.head]!;
    this.slabs[this.head] = undefined;
    this.head = (this.head + 1) % this.capacity;
    this.count--;
    return true;
  }

  /** Throws every packet away. */
  clear(): void {
    while (this.count > 0) {
      this.slabs[this.head]!.release();
      this.slabs[this.head] = undefined;
      this.head = (this.head + 1) % this.capacity;
      this.count--;
    }
  }
}
