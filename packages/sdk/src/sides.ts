import type { Codec, Infer } from './codec.js';
import { sameRing, type NodeId } from './ring.js';
import { safeU64, u32 } from './scalars.js';
import { struct } from './struct.js';

/** Bytes of a snapshot at most. */
export const SNAPSHOT_LIMIT = 64 * 1024 * 1024;

export const Ring = struct({ representative: u32, sequence: safeU64 });
/** Members that have the same state, because they have been together since they last agreed; size 0: nothing to lose. */
export const Side = struct({ agreed: Ring, lowest: u32, size: u32 });
export type Side = Infer<typeof Side>;

/** Sides of one ring have no member in common. */
export function sameSide(a: Side, b: Side): boolean {
  return sameRing(a.agreed, b.agreed) && a.lowest === b.lowest;
}

/** The side with more nodes, then with the lower node id, then that agreed later. */
export function better(a: Side, b: Side): boolean {
  if (a.size !== b.size) return a.size > b.size;
  return a.lowest !== b.lowest ? a.lowest < b.lowest : a.agreed.sequence > b.agreed.sequence;
}

/** A side that was announced, and as much of its snapshot as has come in. */
export class Voice {
  private readonly parts: Uint8Array[] = [];
  private received = 0;
  private total = -1;

  /** @param speaker who announced the side first, and sends its snapshot */
  constructor(
    readonly side: Side,
    readonly speaker: NodeId,
  ) {}

  /** What does not fit is left out: the snapshot stays incomplete, which {@link state} reports. */
  take(total: number, offset: number, data: Uint8Array): void {
    if (offset === 0) this.total = Math.min(total, SNAPSHOT_LIMIT);
    if (offset !== this.received || offset + data.length > this.total) return;
    this.parts.push(data.slice());
    this.received += data.length;
  }

  /** @throws RangeError, TypeError for a snapshot that is none */
  state<T>(codec: Codec<T>): T {
    const { received, total } = this;
    if (received !== total) throw new RangeError(`${received} of ${total} bytes of a snapshot came`);
    const bytes = new Uint8Array(total);
    let at = 0;
    for (const part of this.parts) {
      bytes.set(part, at);
      at += part.length;
    }
    const decoded = codec.decode(new DataView(bytes.buffer), 0, total);
    if (!decoded.ok) throw new TypeError(`a snapshot cannot be read: ${decoded.reason}`);
    return decoded.value;
  }
}
