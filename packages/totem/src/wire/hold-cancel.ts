import type { NodeId } from '@coterie/sdk';
import type { DropReason } from './drop-reason.js';
import { PacketType, headerNodeId, writeHeader } from './header.js';
import { readRingSequence, writeRing } from './ring-id.js';

export const HOLD_CANCEL_SIZE = 25;

/** Asks the representative to let go of the token it holds while the ring is idle (token_hold_cancel). */
export class HoldCancel {
  nodeId: NodeId = 0;
  representative: NodeId = 0;
  ringSequence = 0;
}

/** Reads a packet that `checkHeader` says is a hold cancel. After a refusal `into` holds anything. */
export function decodeHoldCancel(
  view: DataView,
  offset: number,
  length: number,
  into: HoldCancel,
): DropReason | undefined {
  if (length < HOLD_CANCEL_SIZE) return 'hold_cancel_short';
  into.nodeId = headerNodeId(view, offset);
  into.representative = view.getUint32(offset + 13, true);
  into.ringSequence = readRingSequence(view, offset + 17);
  if (into.nodeId === 0) return 'node_id';
  if (into.ringSequence < 0) return 'ring_seq';
  return undefined;
}

/** Writes the packet and returns its size, {@link HOLD_CANCEL_SIZE}. */
export function encodeHoldCancel(packet: HoldCancel, view: DataView, offset: number): number {
  writeHeader(view, offset, PacketType.holdCancel, 0, packet.nodeId);
  writeRing(view, offset + 13, packet.representative, packet.ringSequence);
  return HOLD_CANCEL_SIZE;
}
