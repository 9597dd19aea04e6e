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

  /** The packet behind `index` others, left where it is; its reference stays with the queue. False if there is none. */
  peek(index: number, into: PacketRef): boolean {
    if (index >= this.count) return false;
    const at = (this.head + index) % this.capacity;
    into.slab = this.slabs[at];
    into.offset = this.offsets[at]!;
    into.length = this.lengths[at]!;
    return true;
  }

  /**
   * The packet behind `index` others loses its first bytes and begins at `offset` of its slab; what is in `first`,
   * whose reference the queue takes over, goes ahead of it. False if the queue is full: nothing has changed.
   */
  split(index: number, first: PacketRef, offset: number): boolean {
    if (this.count === this.capacity) return false;
    this.head = (this.head + this.capacity - 1) % this.capacity;
    this.count++;
    for (let i = 0; i < index; i++) this.move(i + 1, i);
    const rest = (this.head + index + 1) % this.capacity;
    this.lengths[rest] = this.offsets[rest]! + this.lengths[rest]! - offset;
    this.offsets[rest] = offset;
    const at = (this.head + index) % this.capacity;
    this.slabs[at] = first.slab;
    this.offsets[at] = first.offset;
    this.lengths[at] = first.length;
    return true;
  }

  private move(from: number, to: number): void {
    const [source, target] = [(this.head + from) % this.capacity, (this.head + to) % this.capacity];
    this.slabs[target] = this.slabs[source];
    this.offsets[target] = this.offsets[source]!;
    this.lengths[target] = this.lengths[source]!;
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
