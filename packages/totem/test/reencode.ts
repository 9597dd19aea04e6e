import assert from 'node:assert/strict';
import {
  HoldCancel,
  MCAST_ENCAPSULATED,
  MCAST_SIZE,
  McastHeader,
  MergeDetect,
  OrfToken,
  PacketType,
  checkHeader,
  commitTokenSize,
  decodeCommitToken,
  decodeHoldCancel,
  decodeJoin,
  decodeMcastHeader,
  decodeMergeDetect,
  decodeOrfToken,
  encodeCommitToken,
  encodeHoldCancel,
  encodeJoin,
  encodeMcastHeader,
  encodeMergeDetect,
  encodeOrfToken,
  joinSize,
} from '@coterie/totem/internal';
import type { DropReason } from '@coterie/totem/internal';

/** The packet decoded and encoded again by this package; or why it is not one. */
export function reencode(packet: Uint8Array): Uint8Array | DropReason {
  const from = new DataView(packet.buffer, packet.byteOffset, packet.length);
  const type = checkHeader(from, 0, packet.length);
  if (typeof type === 'string') return type;
  switch (type) {
    case PacketType.orfToken:
      return viaObject(packet, from, new OrfToken(), decodeOrfToken, encodeOrfToken);
    case PacketType.mcast:
      return reencodeMcast(packet, from);
    case PacketType.mergeDetect:
      return viaObject(packet, from, new MergeDetect(), decodeMergeDetect, encodeMergeDetect);
    case PacketType.join: {
      const { join, reason } = decodeJoin(from, 0, packet.length);
      if (reason !== undefined) return reason;
      return encoded(joinSize(join.proc.length, join.failed.length), (into) => encodeJoin(join, into, 0));
    }
    case PacketType.commitToken: {
      const { token, reason } = decodeCommitToken(from, 0, packet.length);
      if (reason !== undefined) return reason;
      return encoded(commitTokenSize(token.members.length), (into) => encodeCommitToken(token, into, 0));
    }
    case PacketType.holdCancel:
      return viaObject(packet, from, new HoldCancel(), decodeHoldCancel, encodeHoldCancel);
  }
}

/** Is it the same packet, apart from target_nodeid, in which corosync sends what its stack held? */
export function samePacket(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.compare(withoutTarget(a), withoutTarget(b)) === 0;
}

function withoutTarget(packet: Uint8Array): Buffer {
  const copy = Buffer.from(packet);
  copy.fill(0, 9, 13);
  return copy;
}

type Decode<T> = (view: DataView, offset: number, length: number, into: T) => DropReason | undefined;
type Encode<T> = (value: T, view: DataView, offset: number) => number;

function viaObject<T>(
  packet: Uint8Array,
  from: DataView,
  object: T,
  decode: Decode<T>,
  encode: Encode<T>,
): Uint8Array | DropReason {
  const reason = decode(from, 0, packet.length, object);
  return reason ?? encoded(undefined, (into) => encode(object, into, 0));
}

function reencodeMcast(packet: Uint8Array, from: DataView): Uint8Array | DropReason {
  const header = new McastHeader();
  const reason = decodeMcastHeader(from, 0, packet.length, header);
  if (reason !== undefined) return reason;
  const payload = packet.subarray(MCAST_SIZE);
  const inside = header.encapsulated === MCAST_ENCAPSULATED ? reencode(payload) : payload;
  if (typeof inside === 'string') return inside;
  const head = encoded(MCAST_SIZE, (into) => encodeMcastHeader(header, into, 0));
  return Buffer.concat([head, inside]);
}

/** What `encode` writes, into memory that was not clean before. */
function encoded(expectedSize: number | undefined, encode: (into: DataView) => number): Uint8Array {
  const bytes = new Uint8Array(0x4000).fill(0xee);
  const size = encode(new DataView(bytes.buffer));
  if (expectedSize !== undefined) assert.equal(size, expectedSize);
  assert.equal(bytes[size], 0xee, 'wrote behind its end');
  return bytes.slice(0, size);
}
