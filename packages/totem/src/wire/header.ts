import type { NodeId } from '@coterie/sdk';
import type { DropReason } from './drop-reason.js';

/** Bytes of the header that begins every packet. */
export const HEADER_SIZE = 13;

export const PacketType = {
  orfToken: 0,
  mcast: 1,
  mergeDetect: 2,
  join: 3,
  commitToken: 4,
  holdCancel: 5,
} as const;
export type PacketType = (typeof PacketType)[keyof typeof PacketType];

/** More nodes than this are in no list (PROCESSOR_COUNT_MAX). */
export const MAX_NODES = 384;

const MAGIC = 0xc070;
const MAGIC_SWAPPED = 0x70c0;
const VERSION = 3;

/**
 * What the `length` bytes at `offset` are: a packet of this type as far as the header tells, or why not. Packets
 * of a big-endian sender are refused: corosync's own conversion of the layers above is incomplete.
 */
export function checkHeader(view: DataView, offset: number, length: number): PacketType | DropReason {
  if (length < HEADER_SIZE) return 'short';
  const magic = view.getUint16(offset, true);
  if (magic !== MAGIC) return magic === MAGIC_SWAPPED ? 'byte_order' : 'magic';
  if (view.getUint8(offset + 2) !== VERSION) return 'version';
  const type = view.getUint8(offset + 3);
  return type <= PacketType.holdCancel ? (type as PacketType) : 'type';
}

/** The sender; 0 in a LEAVE. */
export function headerNodeId(view: DataView, offset: number): NodeId {
  return view.getUint32(offset + 5, true);
}

/** `encapsulated` is 0 but in an mcast. */
export function writeHeader(
  view: DataView,
  offset: number,
  type: PacketType,
  encapsulated: number,
  nodeId: NodeId,
): void {
  view.setUint16(offset, MAGIC, true);
  view.setUint8(offset + 2, VERSION);
  view.setUint8(offset + 3, type);
  view.setUint8(offset + 4, encapsulated);
  view.setUint32(offset + 5, nodeId, true);
  // target_nodeid: corosync leaves stack garbage here on udp and udpu, and nobody reads it.
  view.setUint32(offset + 9, 0, true);
}
