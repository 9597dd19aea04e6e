import assert from 'node:assert/strict';
import {
  HEADER_SIZE,
  MAX_RTR,
  MCAST_ENCAPSULATED,
  MCAST_PLAIN,
  MCAST_SIZE,
  McastHeader,
  HoldCancel,
  MergeDetect,
  OrfToken,
  dropReasons,
  encodeCommitToken,
  encodeHoldCancel,
  encodeJoin,
  encodeMergeDetect,
  encodeOrfToken,
} from '@coterie/totem/internal';
import type { CommitToken, DropReason, Join } from '@coterie/totem/internal';
import { reencode } from '../reencode.js';
import { bytesOf, mcastOf } from './packets.js';

type Change = (view: DataView) => void;

/** 2^53, one more than the greatest ring sequence that is believed, as a u64 at `offset`. */
function tooGreatSequence(offset: number): Change {
  return (view) => view.setBigUint64(offset, 2n ** 53n, true);
}

function u32(offset: number, value: number): Change {
  return (view) => view.setUint32(offset, value, true);
}

function u8(offset: number, value: number): Change {
  return (view) => view.setUint8(offset, value);
}

function assertReason(packet: Uint8Array, change: Change, reason: DropReason): void {
  assert.notEqual(typeof reencode(packet), 'string', 'the packet is sound before');
  const changed = packet.slice();
  change(new DataView(changed.buffer));
  assert.equal(reencode(changed), reason);
  assert.ok(dropReasons.includes(reason), 'it can be counted');
}

function tokenWith(fields: Partial<OrfToken>): Uint8Array {
  const sound = { nodeId: 1, representative: 1, ringSequence: 4 };
  return bytesOf((into) => encodeOrfToken(Object.assign(new OrfToken(), sound, fields), into, 0));
}

const token = tokenWith({});
const header = Object.assign(new McastHeader(), { nodeId: 2, systemFrom: 2, representative: 1 });
const plain = mcastOf(header, MCAST_PLAIN, new Uint8Array(20));
const encapsulated = mcastOf(header, MCAST_ENCAPSULATED, plain);
const mergeDetect = bytesOf((into) =>
  encodeMergeDetect(Object.assign(new MergeDetect(), { nodeId: 1, systemFrom: 1 }), into, 0),
);
const holdCancel = bytesOf((into) =>
  encodeHoldCancel(Object.assign(new HoldCancel(), { nodeId: 1 }), into, 0),
);

function join(fields: Partial<Join>): Uint8Array {
  const sound = { nodeId: 1, systemFrom: 1, proc: [1, 2, 3], failed: [3], ringSequence: 8 };
  return bytesOf((into) => encodeJoin({ ...sound, ...fields }, into, 0));
}

function commitToken(fields: Partial<CommitToken>): Uint8Array {
  const entry = { representative: 0, ringSequence: 0, aru: 0, highDelivered: 0, receivedFlag: 0 };
  const sound = {
    ...{ nodeId: 1, tokenSeq: 0, representative: 1, ringSequence: 8, retransFlag: 0, membIndex: 0 },
    ...{ members: [1, 2, 0xffff_ffff], entries: [entry, entry, entry] },
  };
  return bytesOf((into) => encodeCommitToken({ ...sound, ...fields }, into, 0));
}

describe('what is refused', () => {
  const cases: [string, Uint8Array, Change, DropReason][] = [
    ['another magic', token, u8(0, 0x71), 'magic'],
    ['a big-endian sender', token, (view) => view.setUint16(0, 0xc070), 'byte_order'],
    ['version 2', token, u8(2, 2), 'version'],
    ['type 6', token, u8(3, 6), 'type'],
    ['type 255', token, u8(3, 255), 'type'],

    ['token from node 0', token, u32(5, 0), 'node_id'],
    ['token with 31 requests', token, u32(53, 31), 'token_rtr_count'],
    ['token with 2^31 - 1 requests', token, u32(53, 0x7fff_ffff), 'token_rtr_count'],
    ['token with -1 requests', token, u32(53, 0xffff_ffff), 'token_rtr_count'],
    ['token with a request missing', token, u32(53, 1), 'token_short'],
    ['token of a ring beyond 2^53 - 1', token, tooGreatSequence(33), 'ring_seq'],
    ['token with a request of such a ring', tokenWith({ rtrCount: 2 }), tooGreatSequence(77), 'ring_seq'],

    ['mcast from node 0', plain, u32(5, 0), 'node_id'],
    ['mcast from two nodes', plain, u32(13, 3), 'mcast_sender'],
    ['mcast of a ring beyond 2^53 - 1', plain, tooGreatSequence(29), 'ring_seq'],
    ['mcast neither plain nor encapsulated', plain, u8(4, 0), 'mcast_encapsulated'],
    ['mcast encapsulating too little', plain, u8(4, MCAST_ENCAPSULATED), 'mcast_inner'],
    ['mcast encapsulated twice', encapsulated, u8(49, MCAST_ENCAPSULATED), 'mcast_inner'],
    ['mcast encapsulating a token', encapsulated, u8(48, 0), 'mcast_inner'],
    ['mcast encapsulating another version', encapsulated, u8(47, 2), 'mcast_inner'],

    ['merge detect from node 0', mergeDetect, u32(5, 0), 'node_id'],
    ['merge detect from two nodes', mergeDetect, u32(13, 3), 'merge_detect_sender'],
    ['merge detect of a ring beyond 2^53 - 1', mergeDetect, tooGreatSequence(21), 'ring_seq'],

    ['hold cancel from node 0', holdCancel, u32(5, 0), 'node_id'],
    ['hold cancel of a ring beyond 2^53 - 1', holdCancel, tooGreatSequence(17), 'ring_seq'],

    ['join with a list of 385', join({}), u32(17, 385), 'join_count'],
    ['join with 385 failed', join({}), u32(21, 385), 'join_count'],
    ['join with a node missing', join({}), u32(17, 4), 'join_short'],
    ['join of a ring beyond 2^53 - 1', join({}), tooGreatSequence(25), 'ring_seq'],
    ['join of ring 2^64 - 1', join({}), (view) => view.setBigInt64(25, -1n, true), 'ring_seq'],
    ['join with node 0 considered', join({}), u32(37, 0), 'join_list_node_id'],
    ['join with node 0 failed', join({}), u32(45, 0), 'join_list_node_id'],
    ['join with a node twice', join({}), u32(41, 2), 'join_duplicate'],
    ['join from two nodes', join({}), u32(13, 2), 'join_sender'],
    ['join without its sender', join({}), u32(33, 7), 'join_sender'],
    ['join from a node that says it leaves but stays', join({}), u32(5, 0), 'join_leave'],

    ['commit token from node 0', commitToken({}), u32(5, 0), 'node_id'],
    ['commit token for nobody', commitToken({}), u32(37, 0), 'commit_count'],
    ['commit token for 385', commitToken({}), u32(37, 385), 'commit_count'],
    ['commit token for -1', commitToken({}), u32(37, 0xffff_ffff), 'commit_count'],
    ['commit token with a member missing', commitToken({}), u32(37, 4), 'commit_short'],
    ['commit token filled in by -1', commitToken({}), u32(33, 0xffff_ffff), 'commit_index'],
    ['commit token filled in by more than all', commitToken({}), u32(33, 4), 'commit_index'],
    ['commit token with a member twice', commitToken({}), u32(45, 1), 'commit_order'],
    ['commit token out of order', commitToken({}), u32(49, 1), 'commit_order'],
    ['commit token with node 0', commitToken({}), u32(41, 0), 'commit_order'],
    [
      'commit token whose first is not its representative',
      commitToken({}),
      u32(17, 2),
      'commit_representative',
    ],
    ['commit token of a ring beyond 2^53 - 1', commitToken({}), tooGreatSequence(21), 'ring_seq'],
    ['commit token with such an old ring', commitToken({}), tooGreatSequence(57), 'ring_seq'],
  ];
  for (const [what, packet, change, reason] of cases) {
    it(`${what}: ${reason}`, () => assertReason(packet, change, reason));
  }

  it('an mcast with one inside that is cut short or has another one inside: mcast_inner', () => {
    const short = mcastOf(header, MCAST_ENCAPSULATED, plain.subarray(0, MCAST_SIZE - 1));
    assert.equal(reencode(short), 'mcast_inner');
    assert.equal(reencode(mcastOf(header, MCAST_ENCAPSULATED, encapsulated)), 'mcast_inner');
  });

  it('no token of ring 0, nor one with as many requests as there may be', () => {
    for (const packet of [tokenWith({ ringSequence: 0 }), tokenWith({ rtrCount: MAX_RTR })])
      assert.deepEqual(reencode(packet), packet);
  });

  it('nothing that is as long or as many as there may be', () => {
    const nodes = Array.from({ length: 384 }, (_, i) => i + 1);
    const entry = { representative: 0, ringSequence: 0, aru: 0, highDelivered: 0, receivedFlag: 0 };
    const all = [
      join({ proc: nodes }),
      join({ failed: nodes }),
      commitToken({ members: nodes, entries: nodes.map(() => entry), ringSequence: 0 }),
      holdCancel,
    ];
    for (const packet of all) assert.deepEqual(reencode(packet), packet);
  });

  it('as too short only what is shorter than the fixed part', () => {
    assert.equal(reencode(token.subarray(0, HEADER_SIZE - 1)), 'short');
    assert.equal(reencode(token.subarray(0, HEADER_SIZE)), 'token_short');
    assert.equal(reencode(join({ proc: [], failed: [] })), 'join_sender');
    assert.equal(reencode(commitToken({ members: [], entries: [] })), 'commit_count');
  });

  it('a join whose two counts add up to 2^32: join_count', () => {
    const both: Change = (view) =>
      [u32(17, 0x8000_0000), u32(21, 0x8000_0000)].forEach((change) => change(view));
    assertReason(join({}), both, 'join_count');
  });

  it('a token in a datagram of more than 1500 bytes: token_long', () => {
    assert.notEqual(reencode(Buffer.concat([token], 1500)), 'token_long');
    assert.equal(reencode(Buffer.concat([token], 1501)), 'token_long');
  });

  it('a leave in which the leaver is not the last failed node: join_leave', () => {
    const leave = { nodeId: 0, systemFrom: 1, proc: [2, 3] };
    assert.equal(typeof reencode(join({ ...leave, failed: [4, 1] })), 'object');
    for (const failed of [[], [2], [1, 4]]) assert.equal(reencode(join({ ...leave, failed })), 'join_leave');
  });
});
