import { type PacketBatch, Slab, SlabPool } from '@coterie/sdk';
import type { NativeEndpoint } from './addon.js';
import type { Counters } from './counters.js';

/** What the device writes before each datagram. */
const ROUTE_HEADER = 40;
/** Receive buffers of a slab, and packets handed over at once. */
export const BUFFERS = 64;
/** Slabs that packets of the ring may keep, for each one that is with the device. */
const KEPT = 4;

/** Buffers with the device when `buffers` are wanted: whole slabs of them. */
export function depthOf(buffers: number): number {
  return Math.ceil(buffers / BUFFERS) * BUFFERS;
}

interface Batch extends PacketBatch {
  slab: Slab;
  count: number;
}

/**
 * The slabs that packets arrive in. One is with the device, or holds packets that somebody has retained, or is idle.
 * When the last packet of a slab is released it goes back to the device by itself. Where the ring keeps more than the
 * memory that may be registered, packets are copied out, so that the device never runs out of buffers for good.
 */
export class ReceivePool extends SlabPool {
  /** By the number under which the device knows it. */
  private readonly slabs: Slab[] = [];
  private readonly numbers = new Map<Slab, number>();
  private readonly idle: Slab[] = [];
  private readonly withDevice = new Set<Slab>();
  private readonly copies: SlabPool;
  private readonly batch: Batch;
  private readonly wanted: number;
  private most: number;
  private endpoint: NativeEndpoint | undefined;

  /**
   * @param datagram bytes of the largest one.
   * @param buffers that shall be with the device at all times.
   * @param inbox where the endpoint says what has arrived.
   */
  constructor(
    readonly datagram: number,
    buffers: number,
    inbox: { readonly offsets: Uint32Array; readonly lengths: Uint32Array },
    private readonly counters: Counters,
    private readonly received: (batch: PacketBatch) => void,
  ) {
    super(BUFFERS * (ROUTE_HEADER + datagram), 0);
    this.copies = new SlabPool(this.size, 1);
    this.wanted = depthOf(buffers) / BUFFERS;
    this.most = this.wanted * (1 + KEPT);
    this.idle.push(this.another());
    this.batch = { slab: this.slabs[0]!, count: 0, ...inbox };
  }

  /** Bytes of all slabs: memory that is registered, and locked, while an endpoint is served. */
  get bytes(): number {
    return this.slabs.length * this.size;
  }

  /** Gives the endpoint its buffers, now and whenever it has used some. @throws the error of the system */
  serve(endpoint: NativeEndpoint): void {
    this.endpoint = endpoint;
    while (this.withDevice.size < this.wanted) this.post(this.idle.pop() ?? this.another());
  }

  /** The endpoint is closed: what was with the device is idle. */
  withdraw(): void {
    this.endpoint = undefined;
    for (const slab of this.withDevice) slab.release();
    this.withDevice.clear();
  }

  /** Hands over `count` packets of a slab; takes the slab back if the device is done with it. */
  deliver(number: number, count: number, exhausted: boolean): void {
    const slab = this.slabs[number]!;
    if (count > 0) {
      this.batch.count = count;
      if (this.idle.length === 0 && this.slabs.length >= this.most) this.deliverCopies(slab);
      else {
        this.batch.slab = slab;
        this.received(this.batch);
      }
    }
    // `received` may have closed the endpoint, and with it taken back all slabs.
    if (!exhausted || !this.withDevice.delete(slab)) return;
    slab.release();
    this.replenish();
  }

  /** The last packet of a slab was released. */
  override give(slab: Slab): void {
    this.idle.push(slab);
    this.replenish();
  }

  private deliverCopies(from: Slab): void {
    const copy = this.copies.take();
    const { count, offsets, lengths } = this.batch;
    for (let i = 0; i < count; i++) {
      const offset = offsets[i]!;
      copy.bytes.set(from.bytes.subarray(offset, offset + lengths[i]!), offset);
    }
    this.counters.add('rx_copied', count);
    this.batch.slab = copy;
    this.received(this.batch);
    copy.release();
  }

  private replenish(): void {
    while (this.endpoint !== undefined && this.withDevice.size < this.wanted) {
      const slab = this.idle.pop() ?? (this.slabs.length < this.most ? this.another() : undefined);
      if (slab === undefined) return;
      try {
        this.post(slab);
      } catch {
        // No more memory may be locked: it goes on with the slabs that there are.
        this.counters.add('rx_memory_refused');
        this.most = this.slabs.length;
        return;
      }
    }
  }

  private post(slab: Slab): void {
    try {
      this.endpoint!.post(this.numbers.get(slab)!, slab.bytes);
    } catch (error) {
      this.idle.unshift(slab);
      throw error;
    }
    slab.retain();
    this.withDevice.add(slab);
  }

  private another(): Slab {
    const slab = new Slab(this.size, this);
    this.numbers.set(slab, this.slabs.length);
    this.slabs.push(slab);
    return slab;
  }
}
