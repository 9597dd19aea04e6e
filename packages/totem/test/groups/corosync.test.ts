import assert from 'node:assert/strict';
import {
  Assembler,
  MCAST_PLAIN,
  MCAST_SIZE,
  McastHeader,
  PacketType,
  checkHeader,
  decodeMcastHeader,
} from '@coterie/totem/internal';
import { readPcap } from '../pcap.js';
import { Sender, header } from './sender.js';

const PREFIX = 5;
const nothing = new Uint8Array(0);

describe('messages that corosync sent', () => {
  for (const [capture, sender, messages] of [
    ['03-udpu-cpg', 1, 6],
    ['06-udpu-loss-retransmit', 1, 82],
  ] as const) {
    it(`${capture}: are packed into the same packets by this package`, () => {
      const packets = packetsOf(capture, sender);
      assert.equal(repack(packets), messages);
    });
  }
});

/** Payloads that one node multicast on one ring, in the order of the ring, without copies. */
function packetsOf(capture: string, sender: number): Buffer[] {
  const bySeq = new Map<number, Buffer>();
  const mcast = new McastHeader();
  for (const { payload } of readPcap(new URL(`../../test/captures/${capture}.pcap`, import.meta.url))) {
    const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
    if (checkHeader(view, 0, payload.length) !== PacketType.mcast) continue;
    assert.equal(decodeMcastHeader(view, 0, payload.length, mcast), undefined);
    if (mcast.nodeId !== sender || mcast.encapsulated !== MCAST_PLAIN) continue;
    bySeq.set(mcast.seq, Buffer.from(payload.subarray(MCAST_SIZE)));
  }
  return [...bySeq].sort(([a], [b]) => a - b).map(([, payload]) => payload);
}

/** Assembles the messages and packs them again, flushing where the token must have come. Returns how many. */
function repack(packets: readonly Buffer[]): number {
  const messages: Buffer[] = [];
  const assembler = new Assembler((_from, view, offset, length) => {
    messages.push(Buffer.from(new Uint8Array(view.buffer, view.byteOffset + offset, length)));
  });
  const sender = new Sender();
  let begin = 0;
  let repacked = 0;
  packets.forEach((packet, i) => {
    const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
    assert.equal(assembler.receive(1, view, 0, packet.length), undefined);
    if (header(packet).fragmented !== 0) return;
    for (const message of messages.splice(0)) {
      sender.packer.add(message.subarray(0, PREFIX), nothing, message.subarray(PREFIX));
      repacked++;
    }
    const ours = sender.send();
    assert.deepEqual(ours.map(header), packets.slice(begin, i + 1).map(header));
    assert.equal(Buffer.compare(Buffer.concat(ours), Buffer.concat(packets.slice(begin, i + 1))), 0);
    begin = i + 1;
  });
  return repacked;
}
