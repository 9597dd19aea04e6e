import assert from 'node:assert/strict';
import {
  Assembler,
  Groups,
  HoldCancel,
  MAX_NODES,
  MAX_RTR,
  McastHeader,
  MergeDetect,
  OrfToken,
  PacketType,
  checkHeader,
  decodeCommitToken,
  decodeHoldCancel,
  decodeJoin,
  decodeMcastHeader,
  decodeMergeDetect,
  decodeOrfToken,
} from '@coterie/totem/internal';
import type { Prng } from '@coterie/testkit';
import { Mutator, type Material } from '../mutate.js';
import { decoder, type Target } from '../target.js';
import { packets as captured, payloads } from './captured.js';
import { packetFields } from './packet-fields.js';

const token = new OrfToken();
const mcast = new McastHeader();
const mergeDetect = new MergeDetect();
const holdCancel = new HoldCancel();

function sane(sequence: number): void {
  assert.ok(Number.isSafeInteger(sequence) && sequence >= 0, `ring sequence ${sequence}`);
}

/** What is accepted keeps the promises that the ring relies on. */
function decode(packet: Uint8Array): string {
  // The view ends where the packet does: reading further throws.
  const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
  const { length } = packet;
  const type = checkHeader(view, 0, length);
  switch (type) {
    case PacketType.orfToken: {
      const reason = decodeOrfToken(view, 0, length, token);
      if (reason !== undefined) return reason;
      sane(token.ringSequence);
      assert.ok(token.rtrCount <= MAX_RTR && token.nodeId !== 0);
      return 'token';
    }
    case PacketType.mcast: {
      const reason = decodeMcastHeader(view, 0, length, mcast);
      if (reason !== undefined) return reason;
      sane(mcast.ringSequence);
      assert.ok(mcast.nodeId !== 0 && mcast.systemFrom === mcast.nodeId);
      return 'mcast';
    }
    case PacketType.mergeDetect: {
      const reason = decodeMergeDetect(view, 0, length, mergeDetect);
      if (reason !== undefined) return reason;
      sane(mergeDetect.ringSequence);
      return 'merge detect';
    }
    case PacketType.join: {
      const { join, reason } = decodeJoin(view, 0, length);
      if (reason !== undefined) return reason;
      sane(join.ringSequence);
      assert.ok(join.proc.length <= MAX_NODES && join.failed.length <= MAX_NODES && !join.proc.includes(0));
      return 'join';
    }
    case PacketType.commitToken: {
      const { token: commit, reason } = decodeCommitToken(view, 0, length);
      if (reason !== undefined) return reason;
      sane(commit.ringSequence);
      assert.ok(commit.members.length <= MAX_NODES && commit.membIndex <= commit.members.length);
      return 'commit token';
    }
    case PacketType.holdCancel: {
      const reason = decodeHoldCancel(view, 0, length, holdCancel);
      if (reason !== undefined) return reason;
      sane(holdCancel.ringSequence);
      return 'hold cancel';
    }
    default:
      return type;
  }
}

const packetMutator = new Mutator();
const packetMaterial: Material = { seeds: captured, fields: packetFields, numbers: [1, 2, 3] };

export const packets: Target = decoder({
  name: 'packets',
  about: 'packets of all six types, either byte order, to their decoders',
  inputs: 30_000_000,
  generate: (random) => packetMutator.next(random, packetMaterial),
  decode,
});

const SENDERS = 4;
const groupMutator = new Mutator();
const groupMaterial: Material = { seeds: payloads };
/** Of a payload: the number under which its last message goes on, and its first one. */
const FRAGMENTED_AT = 4;
const CONTINUATION_AT = 5;
const intact = new Mutator();

/** Changes break most packets at their lengths; those of every second input are left alone. */
function payloadFrom(random: Prng): Uint8Array {
  if (random.chance(0.5)) return groupMutator.next(random, groupMaterial);
  const payload = intact.copy(random.pick(payloads));
  payload[FRAGMENTED_AT] = random.below(3);
  payload[CONTINUATION_AT] = random.below(3);
  return payload;
}

export const groups: Target = {
  name: 'groups',
  about: 'payloads of messages to the process-group layer, which puts them together',
  inputs: 6_000_000,
  length: 64,
  stateless: false,
  play(source) {
    const memberships = new Groups();
    let heard = 0;
    memberships.join('a', (_, bytes, offset, length) => (heard += length > 0 ? bytes.getUint8(offset) : 0));
    const assembler = new Assembler((from, bytes, offset, length) => {
      assert.ok(
        offset >= 0 && length >= 0 && offset + length <= bytes.byteLength,
        'delivered what is not there',
      );
      memberships.dispatch(from, bytes, offset, length);
    });
    for (;;) {
      const payload = source.next(payloadFrom);
      if (payload === undefined) return;
      const began = performance.now();
      const view = new DataView(payload.buffer, payload.byteOffset, payload.length);
      const from = 1 + (payload.length % SENDERS);
      const reason = assembler.receive(from, view, 0, payload.length);
      source.took(performance.now() - began, reason ?? 'taken');
    }
  },
};
