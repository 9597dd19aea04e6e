import type { Slab, SlabPool } from '@coterie/sdk';

/** Room for packets of the ring's own (tokens, joins, recovery), one behind the other in slabs of a pool. */
export class PacketArena {
  /** Where {@link reserve} made room. */
  slab: Slab;
  offset = 0;
  private end = 0;

  constructor(private readonly pool: SlabPool) {
    this.slab = pool.take();
  }

  /** Makes room for `length` bytes at {@link offset} of {@link slab}; whoever keeps the packet retains the slab. */
  reserve(length: number): void {
    if (this.end + length > this.pool.size) {
      this.slab.release();
      this.slab = this.pool.take();
      this.end = 0;
    }
    this.offset = this.end;
    this.end += length;
  }
}
