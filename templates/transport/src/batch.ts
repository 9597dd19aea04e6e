import { SlabPool, type PacketBatch, type TransportEvents } from '@coterie/sdk';

/** Free slabs that are kept. */
const KEEP = 256;

/** Hands packets over as the ring wants them: in slabs that it may keep for as long as it likes. */
export class Batches {
  private readonly pool: SlabPool;
  private readonly offsets = new Uint32Array(1);
  private readonly lengths = new Uint32Array(1);

  /** @param largest bytes of the largest packet */
  constructor(private readonly largest: number) {
    this.pool = new SlabPool(largest, KEEP);
  }

  /** A batch of one packet, which is copied. False: it is longer than any packet of the ring. */
  deliver(bytes: Uint8Array, { received }: TransportEvents): boolean {
    if (bytes.length > this.largest) return false;
    const slab = this.pool.take();
    slab.bytes.set(bytes);
    this.lengths[0] = bytes.length;
    received({ slab, count: 1, offsets: this.offsets, lengths: this.lengths } satisfies PacketBatch);
    slab.release();
    return true;
  }
}
