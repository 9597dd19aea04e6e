import type { Slab } from '../slab.js';

/** As a target: every peer. */
export const EVERY_PEER = 0xffffffff;

/** Packets to send, up to {@link capacity}: packet i is `lengths[i]` bytes at `offsets[i]` of `slabs[buffers[i]]`, for peer `targets[i]`. */
export class SendQueue {
  readonly capacity = 1024;
  readonly buffers = new Uint32Array(this.capacity);
  readonly offsets = new Uint32Array(this.capacity);
  readonly lengths = new Uint32Array(this.capacity);
  readonly targets = new Uint32Array(this.capacity);
  readonly slabs: Slab[] = [];
  /** `slabs[i].bytes`. */
  readonly memory: Uint8Array[] = [];
  count = 0;

  get full(): boolean {
    return this.count === this.capacity;
  }

  /** The queue must not be full. Retains the slab until {@link clear}. */
  push(target: number, slab: Slab, offset: number, length: number): void {
    let buffer = this.slabs.length - 1;
    // Packets mostly come from few slabs, one after the other.
    if (this.slabs[buffer] !== slab) {
      slab.retain();
      this.slabs.push(slab);
      this.memory.push(slab.bytes);
      buffer++;
    }
    const index = this.count++;
    this.buffers[index] = buffer;
    this.offsets[index] = offset;
    this.lengths[index] = length;
    this.targets[index] = target;
  }

  clear(): void {
    for (const slab of this.slabs) slab.release();
    this.slabs.length = 0;
    this.memory.length = 0;
    this.count = 0;
  }
}
