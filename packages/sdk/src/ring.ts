/** Node identifier, u32, not 0. */
export type NodeId = number;

/** Identity of a ring: its representative (lowest node id) and a sequence that only grows (safe integer). */
export interface RingId {
  readonly representative: NodeId;
  readonly sequence: number;
}

/** A regular configuration: the members, ascending, of one installed ring. */
export interface View {
  readonly ring: RingId;
  readonly members: readonly NodeId[];
}

export function sameRing(a: RingId, b: RingId): boolean {
  return a.sequence === b.sequence && a.representative === b.representative;
}

/** `representative.sequence` in hexadecimal, as corosync prints it: `1.2b`. */
export function formatRing(ring: RingId): string {
  return `${ring.representative.toString(16)}.${ring.sequence.toString(16)}`;
}
