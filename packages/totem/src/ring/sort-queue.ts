import type { Slab } from '@coterie/sdk';
import type { PacketRef } from '../groups/packet-queue.js';
import { seqLt } from '../wire/sequence.js';

/** Messages a ring can have outstanding (QUEUE_RTR_ITEMS_SIZE_MAX); a power of two, so that it divides the sequence space. */
export const SORT_QUEUE_SIZE = 16384;

/**
 * The packets of one ring by sequence number: a window of {@link SORT_QUEUE_SIZE} numbers that starts behind the
 * last one released. Holds one reference to the slab of each packet.
 */
export class SortQueue {
  private readonly slabs = new Array<Slab | undefined>(SORT_QUEUE_SIZE).fill(undefined);
  private readonly offsets = new Uint32Array(SORT_QUEUE_SIZE);
  private readonly lengths = new Uint32Array(SORT_QUEUE_SIZE);
  private readonly misses = new Uint32Array(SORT_QUEUE_SIZE);
  /** Lowest sequence number of the window, and the one behind the highest in it. */
  private head = 1;
  private end = 1;

  /** Everything up to and including this number has been released. */
  get released(): number {
    return (this.head - 1) >>> 0;
  }

  /** Is the number neither released nor beyond the window? */
  inWindow(seq: number): boolean {
    return (seq - this.head) >>> 0 < SORT_QUEUE_SIZE;
  }

  has(seq: number): boolean {
    return this.inWindow(seq) && this.slabs[seq % SORT_QUEUE_SIZE] !== undefined;
  }

  /** Takes over one reference to `slab`. Only for a number that is {@link inWindow} and not there yet. */
  add(seq: number, slab: Slab, offset: number, length: number): void {
    const at = seq % SORT_QUEUE_SIZE;
    this.slabs[at] = slab;
    this.offsets[at] = offset;
    this.lengths[at] = length;
    this.misses[at] = 0;
    if (!seqLt(seq, this.end)) this.end = (seq + 1) >>> 0;
  }

  /** False if the packet is not here. The reference stays with the queue. */
  get(seq: number, into: PacketRef): boolean {
    if (!this.inWindow(seq)) return false;
    const at = seq % SORT_QUEUE_SIZE;
    const slab = this.slabs[at];
    if (slab === undefined) return false;
    into.slab = slab;
    into.offset = this.offsets[at]!;
    into.length = this.lengths[at]!;
    return true;
  }

  /** Counts one more token visit at which `seq` was missing; returns the count. */
  miss(seq: number): number {
    return ++this.misses[seq % SORT_QUEUE_SIZE]!;
  }

  /** Frees everything up to and including `seq`. */
  release(seq: number): void {
    if (!this.inWindow(seq)) return;
    while (!seqLt(seq, this.head)) {
      const at = this.head % SORT_QUEUE_SIZE;
      this.slabs[at]?.release();
      this.slabs[at] = undefined;
      this.misses[at] = 0;
      this.head = (this.head + 1) >>> 0;
    }
    if (seqLt(this.end, this.head)) this.end = this.head;
  }

  /** Frees everything; the window starts behind `released`. */
  reset(released: number): void {
    for (let seq = this.head; seq !== this.end; seq = (seq + 1) >>> 0) {
      this.slabs[seq % SORT_QUEUE_SIZE]?.release();
      this.slabs[seq % SORT_QUEUE_SIZE] = undefined;
    }
    this.misses.fill(0);
    this.head = this.end = (released + 1) >>> 0;
  }
}
