import { type NodeId, type PacketBatch, SlabPool } from '@coterie/sdk';

/** Datagrams handed over at once. */
const BATCH = 1024;
/** Must hold the largest datagram; a slab stays in memory as long as one packet in it is wanted. */
const SLAB_SIZE = 512 * 1024;
const SLABS_KEPT = 16;

/**
 * Where the datagrams of a socket come to lie: one behind the other in a slab, which is exchanged for another one when it is full.
 */
export class Inbox {
  readonly offsets = new Uint32Array(BATCH);
  readonly lengths = new Uint32Array(BATCH);
  readonly senders = new Uint32Array(BATCH);
  private readonly pool = new SlabPool(SLAB_SIZE, SLABS_KEPT);
  private readonly batch;
  private position = 0;

  constructor(private readonly received: (batch: PacketBatch) => void) {
    const { offsets, lengths, senders } = this;
    this.batch = { slab: this.pool.take(), count: 0, offsets, lengths, senders };
  }

  /** The memory to fill. */
  get bytes(): Uint8Array {
    return this.batch.slab.bytes;
  }

  /** `count` datagrams of `senders` now lie in the slab where `offsets` and `lengths` say. */
  deliver(count: number): void {
    this.batch.count = count;
    this.received(this.batch);
  }

  /** Copies one datagram in and delivers it; `sender` is the node at its address, 0 if unknown. */
  add(datagram: Uint8Array, sender: NodeId): void {
    if (this.position + datagram.length > SLAB_SIZE) this.renew();
    this.bytes.set(datagram, this.position);
    this.offsets[0] = this.position;
    this.lengths[0] = datagram.length;
    this.senders[0] = sender;
    this.position += datagram.length;
    this.deliver(1);
  }

  /** Takes a new slab; comes back with the same one if nobody has kept a packet. */
  renew(): void {
    this.batch.slab.release();
    this.batch.slab = this.pool.take();
    this.position = 0;
  }
}
