import { McastHeader, PacketType, decodeMcastHeader } from '@coterie/totem/internal';

const TYPE_OFFSET = 3;
const header = new McastHeader();

/** Of a message on its way, valid until the next call; undefined for a packet of another type. */
export function messageHeader(bytes: Uint8Array): McastHeader | undefined {
  if (bytes[TYPE_OFFSET] !== PacketType.mcast) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return decodeMcastHeader(view, 0, bytes.length, header) === undefined ? header : undefined;
}
