import type { NodeId, RingId } from '@coterie/sdk';
import type { DropReason } from './drop-reason.js';
import { PacketType, checkHeader, headerNodeId, writeHeader } from './header.js';
import { readRingSequence, writeRing, writeRingId } from './ring-id.js';

/** Bytes in front of the payload. */
export const MCAST_SIZE = 45;

/** The payload is a packet of an old ring, header and all: how recovery carries it over. */
export const MCAST_ENCAPSULATED = 1;
/** The payload is a packet of the process-group layer. */
export const MCAST_PLAIN = 2;

/** What precedes the payload of a message packet. Made once and decoded into again and again. */
export class McastHeader {
  /** Who made the packet, also when somebody else repeats it. */
  nodeId: NodeId = 0;
  systemFrom: NodeId = 0;
  seq = 0;
  /** Counts the packets of its sender; nobody reads it. */
  thisSeqno = 0;
  representative: NodeId = 0;
  ringSequence = 0;
  encapsulated: typeof MCAST_PLAIN | typeof MCAST_ENCAPSULATED = MCAST_PLAIN;
}

/**
 * Reads a packet that `checkHeader` says is an mcast; the payload is the rest of its `length` bytes. The packet
 * inside an encapsulated one is a plain mcast with a whole header, ready to be decoded in turn. After a refusal
 * `into` holds anything.
 */
export function decodeMcastHeader(
  view: DataView,
  offset: number,
  length: number,
  into: McastHeader,
): DropReason | undefined {
  if (length < MCAST_SIZE) return 'mcast_short';
  const encapsulated = view.getUint8(offset + 4);
  if (encapsulated !== MCAST_PLAIN && encapsulated !== MCAST_ENCAPSULATED) return 'mcast_encapsulated';
  if (encapsulated === MCAST_ENCAPSULATED && !isPlainMcast(view, offset + MCAST_SIZE, length - MCAST_SIZE)) {
    return 'mcast_inner';
  }

  into.nodeId = headerNodeId(view, offset);
  into.systemFrom = view.getUint32(offset + 13, true);
  into.seq = view.getUint32(offset + 17, true);
  into.thisSeqno = view.getUint32(offset + 21, true);
  into.representative = view.getUint32(offset + 25, true);
  into.ringSequence = readRingSequence(view, offset + 29);
  into.encapsulated = encapsulated;
  if (into.nodeId === 0) return 'node_id';
  if (into.systemFrom !== into.nodeId) return 'mcast_sender';
  if (into.ringSequence < 0) return 'ring_seq';
  return undefined;
}

function isPlainMcast(view: DataView, offset: number, length: number): boolean {
  return (
    length >= MCAST_SIZE &&
    checkHeader(view, offset, length) === PacketType.mcast &&
    view.getUint8(offset + 4) === MCAST_PLAIN
  );
}

/** Writes the header in front of a payload and returns its size, {@link MCAST_SIZE}. */
export function encodeMcastHeader(header: McastHeader, view: DataView, offset: number): number {
  writeHeader(view, offset, PacketType.mcast, header.encapsulated, header.nodeId);
  view.setUint32(offset + 13, header.systemFrom, true);
  view.setUint32(offset + 17, header.seq, true);
  view.setUint32(offset + 21, header.thisSeqno, true);
  writeRing(view, offset + 25, header.representative, header.ringSequence);
  view.setUint32(offset + 37, 0, true); // node_id: unused in corosync 3
  view.setUint32(offset + 41, 0, true); // guarantee: all delivery is agreed
  return MCAST_SIZE;
}

/** Stamps a packet that is about to be sent with its place in the order of the ring. */
export function setMcastSeq(
  view: DataView,
  offset: number,
  seq: number,
  thisSeqno: number,
  ring: RingId,
): void {
  view.setUint32(offset + 17, seq, true);
  view.setUint32(offset + 21, thisSeqno, true);
  writeRingId(view, offset + 25, ring);
}
