import type { NodeId } from '@coterie/sdk';
import type { DropReason } from './drop-reason.js';
import { PacketType, headerNodeId, writeHeader } from './header.js';
import { readRingSequence, writeRing } from './ring-id.js';

export const MERGE_DETECT_SIZE = 29;

/** By this the representative of an idle ring makes itself known to other rings (memb_merge_detect). */
export class MergeDetect {
  nodeId: NodeId = 0;
  systemFrom: NodeId = 0;
  representative: NodeId = 0;
  ringSequence = 0;
}

/** Reads a packet that `checkHeader` says is a merge detect. After a refusal `into` holds anything. */
export function decodeMergeDetect(
  view: DataView,
  offset: number,
  length: number,
  into: MergeDetect,
): DropReason | undefined {
  if (length < MERGE_DETECT_SIZE) return 'merge_detect_short';
  into.nodeId = headerNodeId(view, offset);
  into.systemFrom = view.getUint32(offset + 13, true);
  into.representative = view.getUint32(offset + 17, true);
  into.ringSequence = readRingSequence(view, offset + 21);
  if (into.nodeId === 0) return 'node_id';
  if (into.systemFrom !== into.nodeId) return 'merge_detect_sender';
  if (into.ringSequence < 0) return 'ring_seq';
  return undefined;
}

/** Writes the packet and returns its size, {@link MERGE_DETECT_SIZE}. */
export function encodeMergeDetect(packet: MergeDetect, view: DataView, offset: number): number {
  writeHeader(view, offset, PacketType.mergeDetect, 0, packet.nodeId);
  view.setUint32(offset + 13, packet.systemFrom, true);
  writeRing(view, offset + 17, packet.representative, packet.ringSequence);
  return MERGE_DETECT_SIZE;
}
