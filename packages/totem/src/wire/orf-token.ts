import type { NodeId } from '@coterie/sdk';
import type { DropReason } from './drop-reason.js';
import { PacketType, headerNodeId, writeHeader } from './header.js';
import { RING_ID_SIZE, readRingSequence, writeRing } from './ring-id.js';

/** Retransmission requests that fit in a token (RETRANSMIT_ENTRIES_MAX). */
export const MAX_RTR = 30;

const FIXED_SIZE = 57;
const RTR_SIZE = RING_ID_SIZE + 4;
/** A longer datagram is refused whatever it says (CVE-2025-30472). */
const MAX_SIZE = 1500;

/** The token that orders the ring (orf_token). Made once and decoded into again and again. */
export class OrfToken {
  /** Who passed it on. */
  nodeId: NodeId = 0;
  /** The highest sequence number given to a message of the ring. */
  seq = 0;
  /** Grows with every hop; tells a new token from a repeated one. */
  tokenSeq = 0;
  /** All members have received everything up to here. */
  aru = 0;
  /** Who lowered `aru`; 0 = nobody. */
  aruAddr: NodeId = 0;
  representative: NodeId = 0;
  ringSequence = 0;
  /** Packets waiting in the send queues of all members. */
  backlog = 0;
  /** Packets sent during the last rotation. */
  fcc = 0;
  /** In recovery: 1 while somebody still has messages of its old ring to send. */
  retransFlag = 0;
  /** Retransmission requests: entries 0 to `rtrCount - 1` of the three arrays below. */
  rtrCount = 0;
  readonly rtrRepresentative = new Uint32Array(MAX_RTR);
  readonly rtrRingSequence = new Float64Array(MAX_RTR);
  readonly rtrSeq = new Uint32Array(MAX_RTR);
}

/** Bytes of a token with so many retransmission requests. */
export function orfTokenSize(rtrCount: number): number {
  return FIXED_SIZE + RTR_SIZE * rtrCount;
}

/** Reads a packet that `checkHeader` says is a token. After a refusal `into` holds anything. */
export function decodeOrfToken(
  view: DataView,
  offset: number,
  length: number,
  into: OrfToken,
): DropReason | undefined {
  if (length < FIXED_SIZE) return 'token_short';
  if (length > MAX_SIZE) return 'token_long';
  const rtrCount = view.getUint32(offset + 53, true);
  if (rtrCount > MAX_RTR) return 'token_rtr_count';
  if (length < orfTokenSize(rtrCount)) return 'token_short';

  into.nodeId = headerNodeId(view, offset);
  into.seq = view.getUint32(offset + 13, true);
  into.tokenSeq = view.getUint32(offset + 17, true);
  into.aru = view.getUint32(offset + 21, true);
  into.aruAddr = view.getUint32(offset + 25, true);
  into.representative = view.getUint32(offset + 29, true);
  into.ringSequence = readRingSequence(view, offset + 33);
  into.backlog = view.getUint32(offset + 41, true);
  into.fcc = view.getUint32(offset + 45, true);
  into.retransFlag = view.getUint32(offset + 49, true);
  into.rtrCount = rtrCount;
  if (into.nodeId === 0) return 'node_id';
  if (into.ringSequence < 0) return 'ring_seq';

  for (let i = 0, at = offset + FIXED_SIZE; i < rtrCount; i++, at += RTR_SIZE) {
    const ringSequence = readRingSequence(view, at + 4);
    if (ringSequence < 0) return 'ring_seq';
    into.rtrRepresentative[i] = view.getUint32(at, true);
    into.rtrRingSequence[i] = ringSequence;
    into.rtrSeq[i] = view.getUint32(at + RING_ID_SIZE, true);
  }
  return undefined;
}

/** Writes the token and returns its size, at most `orfTokenSize(MAX_RTR)`. */
export function encodeOrfToken(token: OrfToken, view: DataView, offset: number): number {
  writeHeader(view, offset, PacketType.orfToken, 0, token.nodeId);
  view.setUint32(offset + 13, token.seq, true);
  view.setUint32(offset + 17, token.tokenSeq, true);
  view.setUint32(offset + 21, token.aru, true);
  view.setUint32(offset + 25, token.aruAddr, true);
  writeRing(view, offset + 29, token.representative, token.ringSequence);
  view.setUint32(offset + 41, token.backlog, true);
  view.setUint32(offset + 45, token.fcc, true);
  view.setUint32(offset + 49, token.retransFlag, true);
  view.setUint32(offset + 53, token.rtrCount, true);
  for (let i = 0, at = offset + FIXED_SIZE; i < token.rtrCount; i++, at += RTR_SIZE) {
    writeRing(view, at, token.rtrRepresentative[i]!, token.rtrRingSequence[i]!);
    view.setUint32(at + RING_ID_SIZE, token.rtrSeq[i]!, true);
  }
  return orfTokenSize(token.rtrCount);
}
