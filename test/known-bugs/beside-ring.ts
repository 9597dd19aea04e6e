/** Bugs beside the rows of the catalogue, by commit: the ring and the network. */
import assert from 'node:assert/strict';
import { SlabPool } from '@coterie/sdk';
import {
  MAX_NODES,
  PacketQueue,
  Packer,
  commitTokenSize,
  decodeCommitToken,
  decodeJoin,
  encodeCommitToken,
  encodeJoin,
  joinSize,
  type CommitToken,
} from '@coterie/totem/internal';
import type { KnownBug } from './known-bug.js';
import { fullPackets } from './membership.js';
import { tokensOnly } from './ordering.js';
import { counted, holds, programs, settle, started, tokenIn } from './ring.js';

const inC = 'Cannot occur: memory does not overflow here, and what is sent is measured before it is written.';

export const rows: readonly KnownBug[] = [
  {
    row: '3020fd57, 208d907f',
    symptom: 'Messages were sent again in recovery with wrong lengths.',
    scenarios: [
      {
        name: 'recovered messages keep their length',
        property: 'Who lacked them hears them whole.',
        finds: ['3020fd57-recovered-message-cut'],
        run: fullPackets,
      },
    ],
  },
  {
    row: '1d9f444f, ccb2290f',
    symptom: 'More than about 100 nodes did not fit into buffers for joins and commit tokens.',
    scenarios: [
      {
        name: 'joins and commit tokens of 384 nodes are read as they were written',
        property: 'Lists of as many nodes as there may be are understood.',
        finds: ['1d9f444f-hundred-nodes'],
        run: largestLists,
      },
    ],
  },
  {
    row: '48ffa889, 99faa3b8',
    symptom:
      'A join that was read while a token was handled led from recovery to the gather state; then everything that came meanwhile was dropped, messages too.',
    tests: [
      {
        file: 'packages/transport-udp/test/udp.test.ts',
        test: 'reads the messages out at a token',
        property: 'Messages that wait in the socket are heard before the token counts.',
        finds: [],
      },
    ],
    remark:
      'The simulated network has nothing to drain, so no bug is planted: while a token is handled only messages are heard, and only a LEAVE is kept for later (Ring.defer).',
  },
  {
    row: '29c19bf5, fd9d3f0a',
    symptom: 'Assertions at the begin of recovery failed.',
    remark: 'Cannot occur: nothing that others send is asserted. Recovery that begins again and again is B7.',
  },
  {
    row: '0bf800e0',
    symptom: 'A node that counted all it knew among the failed never found consensus.',
    scenarios: [
      {
        name: 'a node that counts everybody among the failed goes on alone',
        property: 'It forms a ring of its own, and merges later.',
        finds: ['0bf800e0-nobody-left'],
        run: tokensOnly,
      },
    ],
  },
  {
    row: '8f281418',
    symptom: 'The backlog in the token became negative, and flow control stopped.',
    scenarios: [
      {
        name: 'the backlog of the token is that of live members',
        property: 'It is never above what all queues hold, also when a ring begins while much waits.',
        finds: ['8f281418-backlog-of-old-ring'],
        run: backlog,
      },
    ],
  },
  {
    row: '37858299',
    symptom: 'Times of tokens had 32 bits: after 49.71 days statistics and warnings were wrong.',
    scenarios: [
      {
        name: 'the age of the last token is right when the clock passes 2^32 ms',
        property: 'It is below the token timeout.',
        finds: ['37858299-32-bit-time'],
        run: clockWraps,
      },
    ],
  },
  {
    row: '03f95dda',
    symptom: 'Headers of IPv6 are 20 bytes longer than those of IPv4: packets were fragmented.',
    remark:
      'netmtu is the length of datagrams here, as corosync 3.1 sends them on udp and udpu (1,455 bytes in the captures); on IPv6 it has to be lowered where fragments are not wanted.',
  },
  {
    row: '329d1648, f448d5af',
    symptom: 'Datagrams that were cut by the receive buffer were taken for whole ones.',
    tests: [
      {
        file: 'packages/transport-udp/test/udpu.test.ts',
        test: 'carries empty datagrams and the largest, and counts what is larger',
        property: 'Datagrams of every size come whole.',
        finds: [],
      },
    ],
    remark: 'Receive buffers hold the largest datagram there is, so none is cut.',
  },
  {
    row: '6c3b337b',
    symptom: 'A node behind a firewall that blocked everything did not hear itself.',
    tests: [
      {
        file: 'packages/transport-udp/test/udpu.test.ts',
        test: 'delivers to itself from the event loop, never from inside flush',
        property: 'What a node sends to itself does not need the network.',
        finds: ['6c3b337b-hears-itself-by-network'],
      },
    ],
  },
  {
    row: '600fb408',
    symptom: 'Each join of a node leaked memory for an unfinished message.',
    tests: [
      {
        file: 'packages/totem/test/groups/assemble.test.ts',
        test: 'and the normal one forget nodes that have left, and only those',
        property: 'Nothing is kept of a node that has left, in neither set.',
        finds: ['600fb408-transitional-set-kept'],
      },
    ],
  },
  {
    row: '7b02f176',
    symptom: 'Room for a message was asked for twice: large ones were refused while there was room.',
    scenarios: [
      {
        name: 'a message goes into a queue that has just room for it',
        property: 'A message of 1 MiB is taken by a queue of as many packets.',
        finds: ['7b02f176-room-reserved-twice'],
        run: justRoom,
      },
    ],
  },
  {
    row: '64fb3000',
    symptom:
      'When the node with the lowest id restarted within a long token timeout, nobody told that its processes had left.',
    scenarios: [
      {
        name: 'the lowest node restarts within a token timeout of 5 minutes',
        property: 'Programs on the others see its processes leave.',
        finds: ['64fb3000-lowest-node-leaves-silently'],
        run: lowestRestarts,
      },
    ],
  },
  {
    row: 'knet CVE-2026-15811, 15812, 15813',
    symptom: 'Keys were not wiped, links could be spoofed, and packets be put together beyond their memory.',
    remark: `There is no knet transport, and no transport that encrypts. ${inC}`,
  },
];

function largestLists(): void {
  const half = (from: number) => Array.from({ length: MAX_NODES / 2 }, (_, i) => from + i);
  const ids = [...half(1), ...half(1 + MAX_NODES / 2)];
  assert.equal(ids.length, 384);
  const join = { nodeId: 1, systemFrom: 1, proc: ids, failed: ids.slice(1), ringSequence: 4 };
  const joined = new DataView(new ArrayBuffer(joinSize(ids.length, ids.length - 1)));
  encodeJoin(join, joined, 0);
  assert.deepEqual(decodeJoin(joined, 0, joined.byteLength).join, join);
  const entry = { representative: 1, ringSequence: 4, aru: 5, highDelivered: 5, receivedFlag: 1 };
  const token: CommitToken = {
    ...{ nodeId: 1, tokenSeq: 1, representative: 1, ringSequence: 8, retransFlag: 0, membIndex: 384 },
    ...{ members: ids, entries: ids.map(() => entry) },
  };
  const committed = new DataView(new ArrayBuffer(commitTokenSize(ids.length)));
  encodeCommitToken(token, committed, 0);
  assert.deepEqual(decodeCommitToken(committed, 0, committed.byteLength).token, token);
}

async function backlog(): Promise<void> {
  const c = await started({ nodes: 3 });
  const all = await programs(c);
  let most = 0;
  c.network.filter = (_from, _to, bytes) => {
    most = Math.max(most, tokenIn(bytes)?.backlog ?? 0);
    return true;
  };
  for (let i = 0; i < 600; i++) for (const program of all) program.say(1300);
  await c.run(10);
  assert.ok(most > 100, 'nothing waits');
  c.crash(3);
  await settle(c);
  await c.run(500);
  assert.ok(most < 3 * 600 * 2, `a backlog of ${most} packets`);
  holds(c);
}

async function clockWraps(): Promise<void> {
  const c = await started({ nodes: 2, uptime: 2 ** 32 - 5000 });
  await c.run(20_000);
  const age = counted(c, 1, 'stats.srp.time_since_token_last_received');
  assert.ok(age < 1000, `the last token was ${age} ms ago`);
}

function justRoom(): void {
  const queue = new PacketQueue(1 + Math.ceil(0x10_0000 / 1400));
  const packer = new Packer(1410, new SlabPool(256 * 1024, 4), queue, new PacketQueue(1));
  assert.ok(packer.add(new Uint8Array(0), new Uint8Array(0x10_0000), undefined), 'refused');
}

async function lowestRestarts(): Promise<void> {
  const c = await started({ nodes: 3, config: { totem: { token: 300_000 } } });
  const [, ...others] = await programs(c);
  c.crash(1);
  await c.run(1000);
  c.start(1);
  await settle(c);
  await c.run(1000);
  for (const { members } of others)
    assert.deepEqual(
      members.map(({ nodeId }) => nodeId),
      [2, 3],
    );
  holds(c);
}
