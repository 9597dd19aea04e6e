import type { NodeId, RingId } from '@coterie/sdk';

/** A ring id on the wire: representative u32, sequence u64. */
export const RING_ID_SIZE = 12;

const HIGH = 0x1_0000_0000;
const MAX_HIGH = 0x1f_ffff;

/** The u64 at `offset` if it is a safe integer (at most 2^53 - 1), else -1. */
export function readRingSequence(view: DataView, offset: number): number {
  const high = view.getUint32(offset + 4, true);
  return high > MAX_HIGH ? -1 : high * HIGH + view.getUint32(offset, true);
}

/** @param sequence a safe integer, not negative. */
export function writeRingSequence(view: DataView, offset: number, sequence: number): void {
  view.setUint32(offset, sequence % HIGH, true);
  view.setUint32(offset + 4, Math.floor(sequence / HIGH), true);
}

export function writeRingId(view: DataView, offset: number, ring: RingId): void {
  writeRing(view, offset, ring.representative, ring.sequence);
}

/** {@link writeRingId} for those who keep a ring id as two numbers. */
export function writeRing(view: DataView, offset: number, representative: NodeId, sequence: number): void {
  view.setUint32(offset, representative, true);
  writeRingSequence(view, offset + 4, sequence);
}

/** Is the ring id at `offset` this one? */
export function ringEquals(view: DataView, offset: number, ring: RingId): boolean {
  return (
    view.getUint32(offset, true) === ring.representative &&
    readRingSequence(view, offset + 4) === ring.sequence
  );
}
