import {
  MCAST_ENCAPSULATED,
  MCAST_SIZE,
  McastHeader,
  PacketType,
  checkHeader,
  decodeCommitToken,
  decodeMcastHeader,
} from '@coterie/totem/internal';
import { formatRing } from '@coterie/sdk';
import { readPcap } from './pcap.js';
import { reencode, samePacket } from './reencode.js';
import { Replay } from './replay.js';

export interface CaptureReport {
  readonly datagrams: number;
  /** Messages delivered after reassembly: all, and by kind (`cpg mcast`). */
  readonly messages: number;
  readonly kinds: ReadonlyMap<string, number>;
  /** Packets by type, a {@link PacketType}. */
  readonly types: ReadonlyMap<number, number>;
  /** Whatever was not understood to the last byte, or would have been written differently. */
  readonly problems: readonly string[];
}

/** Decodes everything in a capture, from packets to the messages of services. */
export function decodeCapture(file: string | URL): CaptureReport {
  const replay = new Replay();
  const types = new Map<number, number>();
  const problems: string[] = [];
  const datagrams = readPcap(file);
  datagrams.forEach(({ payload }, i) => {
    const again = reencode(payload);
    if (typeof again === 'string') problems.push(`datagram ${i}: ${again}`);
    else if (!samePacket(payload, again)) problems.push(`datagram ${i}: written differently`);
    else types.set(payload[3]!, (types.get(payload[3]!) ?? 0) + collect(payload, replay));
  });
  replay.run();
  const messages = [...replay.kinds.values()].reduce((sum, count) => sum + count, 0);
  const { kinds } = replay;
  return { datagrams: datagrams.length, messages, kinds, types, problems: [...problems, ...replay.problems] };
}

/** Gives the replay what it needs of a packet known to be sound. Returns 1, the packets seen. */
function collect(packet: Uint8Array, replay: Replay): number {
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  const type = checkHeader(view, 0, packet.length);
  if (type === PacketType.commitToken) {
    const { token } = decodeCommitToken(view, 0, packet.length);
    if (token !== undefined) replay.ringHasMembers(ringName(token), token.members.length);
  } else if (type === PacketType.mcast) {
    collectMcast(Buffer.from(packet.buffer, packet.byteOffset, packet.length), view, 0, replay);
  }
  return 1;
}

function collectMcast(packet: Buffer, view: DataView, offset: number, replay: Replay): void {
  const header = new McastHeader();
  decodeMcastHeader(view, offset, packet.length - offset, header);
  const payload = offset + MCAST_SIZE;
  if (header.encapsulated === MCAST_ENCAPSULATED) collectMcast(packet, view, payload, replay);
  else replay.add(ringName(header), header.seq, header.nodeId, packet.subarray(payload));
}

function ringName(ring: { representative: number; ringSequence: number }): string {
  return formatRing({ representative: ring.representative, sequence: ring.ringSequence });
}
