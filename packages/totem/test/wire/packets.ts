import fc from 'fast-check';
import {
  HoldCancel,
  MAX_RTR,
  MCAST_ENCAPSULATED,
  MCAST_PLAIN,
  MCAST_SIZE,
  McastHeader,
  MergeDetect,
  OrfToken,
  encodeCommitToken,
  encodeHoldCancel,
  encodeJoin,
  encodeMcastHeader,
  encodeMergeDetect,
  encodeOrfToken,
} from '@coterie/totem/internal';
import type { CommitToken, Join } from '@coterie/totem/internal';

/** Arbitrary packets of every type, as an honest node may send them. */

const u32 = fc.nat({ max: 0xffff_ffff });
const nodeId = fc.integer({ min: 1, max: 0xffff_ffff });
const ringSequence = fc.oneof(fc.nat(), fc.maxSafeNat());
const ring = { representative: nodeId, ringSequence };

/** fc.record makes objects without a prototype half of the time; decoders never do. */
function record<T>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<T> {
  return fc.record(model, { noNullPrototype: true });
}

const rtr = fc.record({ representative: u32, ringSequence, seq: u32 });
const tokenFields = fc.record({
  ...{ nodeId, ...ring, seq: u32, tokenSeq: u32, aru: u32, aruAddr: u32, backlog: u32, fcc: u32 },
  retransFlag: fc.constantFrom(0, 1),
});

export const orfTokens = fc
  .tuple(tokenFields, fc.array(rtr, { maxLength: MAX_RTR }))
  .map(([fields, requests]) => {
    const token = Object.assign(new OrfToken(), fields, { rtrCount: requests.length });
    token.rtrRepresentative.set(requests.map((request) => request.representative));
    token.rtrRingSequence.set(requests.map((request) => request.ringSequence));
    token.rtrSeq.set(requests.map((request) => request.seq));
    return token;
  });

export const mcastHeaders = fc
  .record({ nodeId, ...ring, seq: u32, thisSeqno: u32 })
  .map((fields) => Object.assign(new McastHeader(), fields, { systemFrom: fields.nodeId }));

export const mergeDetects = fc
  .record({ nodeId, ...ring })
  .map((fields) => Object.assign(new MergeDetect(), fields, { systemFrom: fields.nodeId }));

export const holdCancels = fc
  .record({ nodeId, ...ring })
  .map((fields) => Object.assign(new HoldCancel(), fields));

const nodeIds = fc.uniqueArray(nodeId, { maxLength: 384 });

/** Joins and farewells. */
export const joins: fc.Arbitrary<Join> = fc
  .tuple(nodeIds, nodeIds, nodeId, ringSequence, fc.boolean())
  .map(([proc, failed, from, ringSequence, leave]) => {
    const others = (ids: number[]): number[] => ids.filter((id) => id !== from).slice(0, 383);
    return leave
      ? { nodeId: 0, systemFrom: from, proc: others(proc), failed: [...others(failed), from], ringSequence }
      : { nodeId: from, systemFrom: from, proc: [...others(proc), from], failed, ringSequence };
  });

const commitEntry = record({
  ...{ representative: u32, ringSequence, aru: u32, highDelivered: u32 },
  receivedFlag: fc.constantFrom(0, 1),
});

export const commitTokens: fc.Arbitrary<CommitToken> = fc
  .uniqueArray(nodeId, { minLength: 1, maxLength: 50 })
  .map((ids) => ids.sort((a, b) => a - b))
  .chain((members) =>
    record({
      ...{ nodeId, tokenSeq: u32, representative: fc.constant(members[0]!), ringSequence },
      retransFlag: fc.constantFrom(0, 1),
      membIndex: fc.nat({ max: members.length }),
      members: fc.constant(members),
      entries: fc.array(commitEntry, { minLength: members.length, maxLength: members.length }),
    }),
  );

/** The bytes that `encode` writes. */
export function bytesOf(encode: (into: DataView) => number): Uint8Array {
  const bytes = new Uint8Array(0x1_0000);
  return bytes.slice(0, encode(new DataView(bytes.buffer)));
}

const plainMcasts = fc
  .tuple(mcastHeaders, fc.uint8Array({ maxLength: 1500 }))
  .map(([header, payload]) => mcastOf(header, MCAST_PLAIN, payload));

const encapsulatedMcasts = fc
  .tuple(mcastHeaders, plainMcasts)
  .map(([header, inner]) => mcastOf(header, MCAST_ENCAPSULATED, inner));

export function mcastOf(
  header: McastHeader,
  encapsulated: McastHeader['encapsulated'],
  payload: Uint8Array,
): Uint8Array {
  header.encapsulated = encapsulated;
  const packet = new Uint8Array(MCAST_SIZE + payload.length);
  encodeMcastHeader(header, new DataView(packet.buffer), 0);
  packet.set(payload, MCAST_SIZE);
  return packet;
}

/** Bytes of any packet whose size follows from what is in it: all but mcasts. */
export const sizedPackets: fc.Arbitrary<Uint8Array> = fc.oneof(
  orfTokens.map((token) => bytesOf((into) => encodeOrfToken(token, into, 0))),
  mergeDetects.map((packet) => bytesOf((into) => encodeMergeDetect(packet, into, 0))),
  joins.map((join) => bytesOf((into) => encodeJoin(join, into, 0))),
  commitTokens.map((token) => bytesOf((into) => encodeCommitToken(token, into, 0))),
  holdCancels.map((packet) => bytesOf((into) => encodeHoldCancel(packet, into, 0))),
);

/** Bytes of any packet. */
export const packets: fc.Arbitrary<Uint8Array> = fc.oneof(sizedPackets, plainMcasts, encapsulatedMcasts);
