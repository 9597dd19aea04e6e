/** J: malformed packets. */
import assert from 'node:assert/strict';
import type { SimulatedCluster } from '@coterie/testkit';
import {
  HEADER_SIZE,
  MAX_RTR,
  OrfToken,
  PacketType,
  encodeOrfToken,
  orfTokenSize,
} from '@coterie/totem/internal';
import type { KnownBug } from './known-bug.js';
import { counted, programs, settle, started, timing, typeOf, watched } from './ring.js';

const dropped =
  'In each of the four states: the packet is dropped and counted under its reason, nothing changes and nothing is sent.';
const uncounted =
  'Tokens are not even looked at where none is awaited, in the gather and commit states, and so not counted there.';

export const rows: readonly KnownBug[] = [
  {
    row: 'J1',
    symptom:
      'A packet shorter than the header of encryption made the computation of a length underflow (CVE-2018-1084).',
    scenarios: [
      {
        name: 'datagrams of 0 to 64 bytes mean nothing',
        property: dropped,
        finds: ['j1-short-header-read'],
        run: () => everywhere(shortDatagrams),
      },
    ],
    remark: 'There is no encrypting transport yet; the datagrams go to the ring itself.',
  },
  {
    row: 'J2',
    symptom:
      'A token that was too long, or claimed too many requests, overflowed a buffer on the stack (CVE-2025-30472).',
    scenarios: [
      {
        name: 'tokens with too many requests or bytes are refused, in both byte orders',
        property: dropped,
        finds: ['j2-long-token-taken', 'j2-too-many-requests-taken'],
        run: () => everywhere(wrongTokens),
      },
    ],
    remark: uncounted,
  },
  {
    row: 'J3',
    symptom: 'A commit token that was too short was taken all the same (CVE-2026-35091).',
    scenarios: [
      {
        name: 'commit tokens cut anywhere, or of an impossible number of members, are refused',
        property: dropped,
        finds: ['j3-short-commit-token-taken'],
        run: () => everywhere(wrongCommitTokens),
      },
    ],
  },
  {
    row: 'J4',
    symptom: 'Two counts in a join added up to 0, and passed the check of its length (CVE-2026-35092).',
    scenarios: [
      {
        name: 'joins whose counts wrap around are refused',
        property: dropped,
        finds: ['j4-counts-added-up'],
        run: () => everywhere(wrongJoins),
      },
    ],
  },
  {
    row: 'J5',
    symptom: 'A type above 127 became a negative index, and no type of packet was checked for its length.',
    scenarios: [
      {
        name: 'unknown types, and each type cut at every length, are refused',
        property: dropped,
        finds: ['j5-unknown-type-taken', 'j5-cut-hold-cancel-taken'],
        run: () => everywhere(wrongTypes),
      },
    ],
    remark: uncounted,
  },
];

interface Hostile {
  readonly bytes: Uint8Array;
  /** For which it has to be dropped. */
  readonly reason: string;
}

/** One good packet of each type, as node 2 of a ring hears them. */
async function samples(): Promise<Map<number, Uint8Array>> {
  const c = watched({ nodes: 3 });
  const heard = new Map<number, Uint8Array>();
  c.network.filter = (_, to, bytes) => {
    if (to === 2) heard.set(typeOf(bytes), bytes);
    return true;
  };
  c.start();
  await settle(c);
  const [speaker] = await programs(c);
  await c.run(1000);
  // Ends the rest of the ring: a hold cancel.
  speaker!.say(100);
  await c.run(100);
  assert.deepEqual([...heard.keys()].sort(), Object.values(PacketType));
  return heard;
}

/** In which states node 2 is when it gets the packets, and how it comes into them. */
const states: Record<string, (c: SimulatedCluster) => Promise<void>> = {
  operational: (c) => c.run(1000),
  gather: async (c) => {
    c.crash(1);
    c.crash(3);
    assert.ok(await c.runUntil(() => c.node(2).state === 'gather'));
  },
  commit: async (c) => {
    c.crash(3);
    assert.ok(await c.runUntil(() => c.node(2).state === 'commit'));
  },
  recovery: async (c) => {
    c.crash(3);
    assert.ok(await c.runUntil(() => c.node(2).state === 'recovery'));
  },
};

async function everywhere(make: (good: ReadonlyMap<number, Uint8Array>) => Hostile[]): Promise<void> {
  const hostile = make(await samples());
  for (const [state, enter] of Object.entries(states)) {
    const c = await started({ nodes: 3 });
    await enter(c);
    let sent = 0;
    c.network.filter = (from, to) => {
      if (from === 2) sent++;
      return to !== 2;
    };
    // What is on its way.
    await c.run(0.4);
    assert.equal(c.node(2).state, state);
    sent = 0;
    const events = c.trace.events.length;
    c.network.filter = (from) => {
      if (from === 2) sent++;
      return true;
    };
    for (const { bytes } of hostile) c.network.carry(1, 2, bytes, 0);
    c.network.filter = (from, to) => {
      if (from === 2) sent++;
      return to !== 2;
    };
    await c.run(0.5);
    assert.equal(sent, 0, `node 2 sent something in state ${state}`);
    assert.deepEqual(
      c.trace.events.slice(events).filter(({ node }) => node === 2),
      [],
    );
    await c.run(timing.token + 100);
    assert.deepEqual(countsOf(c, hostile), expected(hostile, state), state);
  }
}

function expected(hostile: readonly Hostile[], state: string): Record<string, number> {
  const counts: Record<string, number> = {};
  const discards = state === 'gather' || state === 'commit';
  for (const { reason } of hostile)
    counts[reason] = (counts[reason] ?? 0) + (discards && reason.startsWith('token_') ? 0 : 1);
  return counts;
}

function countsOf(c: SimulatedCluster, hostile: readonly Hostile[]): Record<string, number> {
  const reasons = new Set(hostile.map(({ reason }) => reason));
  return Object.fromEntries([...reasons].map((r) => [r, counted(c, 2, `stats.srp.rx_dropped.${r}`)]));
}

/** What a packet of this type counts as when it is cut to `length` bytes. */
function cutReason(type: number, length: number): string {
  if (length < HEADER_SIZE) return 'short';
  const reasons = ['token_short', 'mcast_short', 'merge_detect_short', 'join_short', 'commit_short'];
  return reasons[type] ?? 'hold_cancel_short';
}

/** The same from a sender with the other byte order, for what has a whole header. */
function swapped(hostile: Hostile): Hostile {
  if (hostile.bytes.length < HEADER_SIZE) return hostile;
  const bytes = hostile.bytes.slice();
  bytes.set([bytes[1]!, bytes[0]!]);
  return { bytes, reason: 'byte_order' };
}

function inBothByteOrders(hostile: readonly Hostile[]): Hostile[] {
  return hostile.flatMap((each) => [each, swapped(each)]);
}

/** A copy of `bytes` with u32 fields changed. */
function changed(
  bytes: Uint8Array,
  fields: readonly (readonly [offset: number, value: number])[],
): Uint8Array {
  const copy = bytes.slice();
  const view = new DataView(copy.buffer);
  for (const [offset, value] of fields) view.setUint32(offset, value >>> 0, true);
  return copy;
}

function shortDatagrams(): Hostile[] {
  const hostile: Hostile[] = [];
  for (let length = 0; length <= 64; length++) {
    const bytes = Uint8Array.from({ length }, (_, i) => (i * 37 + length) & 0x3f);
    hostile.push({ bytes, reason: length < HEADER_SIZE ? 'short' : 'magic' });
  }
  return hostile;
}

function wrongTokens(good: ReadonlyMap<number, Uint8Array>): Hostile[] {
  const requests = 53;
  const base = good.get(PacketType.orfToken)!;
  const token = new OrfToken();
  token.nodeId = 1;
  token.rtrCount = MAX_RTR;
  const full = new Uint8Array(orfTokenSize(MAX_RTR) + 64);
  encodeOrfToken(token, new DataView(full.buffer), 0);
  const counts = [MAX_RTR + 1, 31 << 8, 0x7fffffff, 0x80000000, 0xffffffff];
  const long = new Uint8Array(1501);
  long.set(base);
  return inBothByteOrders([
    ...counts.map((count) => ({ bytes: changed(full, [[requests, count]]), reason: 'token_rtr_count' })),
    { bytes: changed(base, [[requests, MAX_RTR]]), reason: 'token_short' },
    { bytes: long, reason: 'token_long' },
  ]);
}

function wrongCommitTokens(good: ReadonlyMap<number, Uint8Array>): Hostile[] {
  const base = good.get(PacketType.commitToken)!;
  const cut = Array.from({ length: base.length }, (_, length) => ({
    bytes: base.slice(0, length),
    reason: cutReason(PacketType.commitToken, length),
  }));
  const counts = [0, 385, 0x7fffffff, 0x80000000, 0xffffffff];
  return inBothByteOrders([
    ...cut,
    ...counts.map((count) => ({ bytes: changed(base, [[37, count]]), reason: 'commit_count' })),
    { bytes: changed(base, [[37, 384]]), reason: 'commit_short' },
    { bytes: changed(base, [[33, -1]]), reason: 'commit_index' },
    { bytes: changed(base, [[33, 4]]), reason: 'commit_index' },
  ]);
}

function wrongJoins(good: ReadonlyMap<number, Uint8Array>): Hostile[] {
  const base = good.get(PacketType.join)!;
  const counts: [number, number][] = [
    [0x80000000, 0x80000000],
    [0xffffffff, 1],
    [1, 0xffffffff],
    [385, 0],
    [0, 385],
  ];
  return inBothByteOrders([
    ...counts.map(([proc, failed]) => ({
      bytes: changed(base, [
        [17, proc],
        [21, failed],
      ]),
      reason: 'join_count',
    })),
    {
      bytes: changed(base, [
        [17, 384],
        [21, 384],
      ]),
      reason: 'join_short',
    },
  ]);
}

function wrongTypes(good: ReadonlyMap<number, Uint8Array>): Hostile[] {
  const hostile: Hostile[] = [];
  const [any] = good.values();
  for (let type = 6; type <= 0xff; type++) {
    const bytes = any!.slice();
    bytes[3] = type;
    hostile.push({ bytes, reason: 'type' });
  }
  for (const [type, bytes] of good) {
    // Behind its header an mcast may be of any length.
    const whole = type === PacketType.mcast ? 45 : bytes.length;
    for (let length = 0; length < whole; length++)
      hostile.push({ bytes: bytes.slice(0, length), reason: cutReason(type, length) });
  }
  return hostile;
}
