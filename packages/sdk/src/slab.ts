/**
 * A block of packet memory, shared by reference count. Whoever keeps a packet beyond the call that handed it
 * over retains the slab the packet lies in, and releases it when done; the block is used again at zero.
 */
export class Slab {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  private references = 0;

  constructor(
    size: number,
    private readonly owner: SlabPool,
  ) {
    this.bytes = new Uint8Array(size);
    this.view = new DataView(this.bytes.buffer);
  }

  retain(): void {
    this.references++;
  }

  release(): void {
    if (--this.references === 0) this.owner.give(this);
  }
}

/** Slabs of one size, handed out with one reference held by the taker. */
export class SlabPool {
  private readonly free: Slab[] = [];

  /** @param size bytes a slab; @param keep how many free slabs are kept for reuse. */
  constructor(
    readonly size: number,
    private readonly keep: number,
  ) {}

  take(): Slab {
    const slab = this.free.pop() ?? new Slab(this.size, this);
    slab.retain();
    return slab;
  }

  /** Called by {@link Slab.release} only. */
  give(slab: Slab): void {
    if (this.free.length < this.keep) this.free.push(slab);
  }
}
