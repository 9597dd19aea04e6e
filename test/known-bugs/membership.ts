/** B: who is on the ring, and what of the old ring gets into the new one. */
import assert from 'node:assert/strict';
import type { CpgProgram, SimulatedCluster, TraceEvent } from '@coterie/testkit';
import { PacketType, encodeJoin, joinSize } from '@coterie/totem/internal';
import type { KnownBug } from './known-bug.js';
import {
  changes,
  gathers,
  heardAll,
  holds,
  programs,
  settle,
  started,
  timing,
  tokenIn,
  typeOf,
} from './ring.js';

export const rows: readonly KnownBug[] = [
  {
    row: 'B1',
    symptom:
      'Joins from before the last change threw two halves that wanted to merge out of their rings again and again.',
    scenarios: [
      {
        name: 'two of three nodes merge when the cut heals as both consensus timeouts end',
        property: 'They are on one ring within twice token and consensus timeouts.',
        finds: ['b1-accusing-joins-count'],
        run: healAtConsensus,
      },
      {
        name: 'a join from before the ring comes late',
        property: 'The ring stays as it is.',
        finds: ['b1-stale-joins-count'],
        run: lateJoins,
      },
    ],
  },
  {
    row: 'B2',
    symptom: 'A running ring ignored joins: who came waited for a token timeout.',
    scenarios: [
      {
        name: 'a join is answered at once by an idle ring',
        property: 'The answer leaves within 100 ms.',
        finds: ['b2-operational-ignores-joins'],
        run: answerJoin,
      },
    ],
  },
  {
    row: 'B4',
    symptom: 'An orderly leave was taken for a crash.',
    scenarios: [
      {
        name: 'two nodes go on at once when the third says goodbye',
        property: 'Their new ring is there in a third of the token timeout.',
        finds: ['b4-leaves-without-goodbye', 'b4-goodbye-ignored'],
        run: leave,
      },
    ],
    remark:
      'On the simulated cluster; that SIGTERM is a leave is tested with daemons (test/e2e/rings.test.ts).',
  },
  {
    row: 'B6',
    symptom:
      'A node that could not finish recovery took the token of a ring with the same id, made by restarted nodes, for its own.',
    scenarios: [
      {
        name: 'a token of the ring that is being left has no effect',
        property: 'A node in the gather state passes no token on.',
        finds: ['b6-token-accepted-in-gather'],
        run: tokenInGather,
      },
      {
        name: 'restarted nodes and one from a recovery that failed merge',
        property: 'Nobody ends; all five are on one ring.',
        finds: [],
        run: restartInRecovery,
      },
    ],
    remark: 'The second scenario shows that nothing else depends on the check: no planted bug is behind it.',
  },
  {
    row: 'B7',
    symptom:
      'When recovery had to begin again, what was known of the old ring was overwritten: messages were lost.',
    scenarios: [
      {
        name: 'recovery that fails up to four times in a row loses nothing',
        property:
          'Members of the old ring deliver the same messages of it (failure atomicity), their own among them.',
        finds: ['b7-old-ring-forgotten', 'b7-old-aru-overwritten'],
        run: recoverAgain,
      },
    ],
  },
  {
    row: 'B8',
    symptom:
      'A commit token that came twice made the representative send a second first token, and the ring lost both.',
    scenarios: [
      {
        name: 'commit tokens that come up to five times give one token',
        property: 'Each ring has one first token, and is operational no later than without duplicates.',
        finds: ['b8-first-token-sent-again'],
        run: duplicateCommitTokens,
      },
    ],
  },
  {
    row: 'B9',
    symptom: 'More than 206 messages to be sent again locked recovery up.',
    scenarios: [
      {
        name: 'recovery takes 200, 207, 1,000 and 5,000 messages',
        property:
          'The ring becomes operational, and who comes along from the old one has delivered all of them.',
        finds: ['b9-recovery-queue-of-206'],
        run: recoverMany,
      },
    ],
  },
  {
    row: 'B10',
    symptom:
      'A gap in what was recovered crashed nodes, lost messages and shifted the numbers of the new ring.',
    scenarios: [
      {
        name: 'a gap that a departed sender leaves is passed over',
        property:
          'Behind it only messages of survivors are delivered (EVS 6.3), the same everywhere, and the ring goes on.',
        finds: ['b10-stops-at-gap', 'b10-delivers-behind-gap'],
        run: gap,
      },
    ],
  },
  {
    row: 'B11',
    symptom: 'Messages sent again in recovery have a second header, and became longer than the MTU.',
    scenarios: [
      {
        name: 'recovery sends full packets again',
        property: 'No datagram is longer than netmtu.',
        finds: ['b11-no-room-for-second-header'],
        run: fullPackets,
      },
    ],
  },
  {
    row: 'B12',
    symptom:
      'A process that had been stopped worked through queued joins of the past, one membership round each.',
    scenarios: [
      {
        name: 'a paused node comes back without thrashing',
        property:
          'One change after it goes on (the catalogue allows 3), and the full ring within twice token and consensus timeouts.',
        finds: ['b12-pause-unnoticed'],
        run: pause,
      },
      {
        name: 'the start of a node is no pause',
        property: 'The first ring is formed without a word about a pause, and joins count.',
        finds: ['b12-start-is-a-pause'],
        run: firstGather,
      },
    ],
  },
  {
    row: 'B13',
    symptom:
      'A node that restarted within a long token timeout counted as one that had come along from the old ring.',
    scenarios: [
      {
        name: 'a node that restarts within the token timeout has come along from nowhere',
        property: 'It is in no transitional configuration of others, and programs see it leave, then join.',
        finds: ['b13-transitional-by-node-id'],
        run: quickRestart,
      },
    ],
  },
];

const patience = 2 * (timing.token + timing.consensus);
const packet = 1300;

/** 500 schedules, the moments of healing up to 50 ms around the end of the consensus timeouts. */
async function healAtConsensus(): Promise<void> {
  for (let seed = 1; seed <= 500; seed++) {
    const c = await started({ nodes: 3, seed });
    // The further apart the two notice the loss of the token, the longer one is alone while the other still asks.
    c.network.latency = c.random.between(0.2, 20);
    await c.run(c.random.between(0, 500));
    c.network.partition([1], [2], [3]);
    c.crash(3);
    const [from, cut] = [c.trace.events.length, c.now];
    assert.ok(await c.runUntil(() => [1, 2].every((id) => gathers(c, id, from).length > 0), 2000, 5));
    await c.run(timing.consensus + c.random.between(-50, 50));
    c.network.heal();
    const healed = c.now;
    assert.ok(healed - cut < patience);
    assert.ok(
      await c.runUntil(() => c.stable, patience, 5),
      `seed ${seed}: no ring ${patience} ms after healing`,
    );
    holds(c);
  }
}

async function lateJoins(): Promise<void> {
  const c = await started({ nodes: 3 });
  const late: (() => void)[] = [];
  c.network.filter = (from, to, bytes) => {
    if (typeOf(bytes) === PacketType.join) late.push(() => c.network.carry(from, to, bytes, 0));
    return true;
  };
  c.crash(3);
  c.start(3);
  await settle(c);
  await c.run(100);
  assert.ok(late.length > 0);
  const from = c.trace.events.length;
  for (const arrive of late.splice(0)) arrive();
  await c.run(timing.token);
  assert.equal(changes(c, from), 0);
  holds(c);
}

async function answerJoin(): Promise<void> {
  const c = await started({ nodes: [1, 2] });
  await c.run(2000);
  const stranger = 3;
  const join = new DataView(new ArrayBuffer(joinSize(1, 0)));
  const said = { nodeId: stranger, systemFrom: stranger, proc: [stranger], failed: [], ringSequence: 1 };
  const length = encodeJoin(said, join, 0);
  let answered = false;
  c.network.filter = (from, _, bytes) => {
    answered ||= from === 1 && typeOf(bytes) === PacketType.join;
    return true;
  };
  c.network.carry(stranger, 1, new Uint8Array(join.buffer, 0, length), 0);
  assert.ok(await c.runUntil(() => answered, 100), 'no join in 100 ms');
}

async function leave(): Promise<void> {
  for (const leaver of [1, 2, 3]) {
    const c = await started({ nodes: 3 });
    await c.run(2000);
    c.leave(leaver);
    const rest = () => c.nodes.length === 2 && c.stable;
    assert.ok(await c.runUntil(rest, timing.token / 3), `${leaver} left, and the others have no ring yet`);
    holds(c);
  }
}

async function tokenInGather(): Promise<void> {
  const c = await started({ nodes: 3 });
  let last: Uint8Array | undefined;
  c.network.filter = (_, to, bytes) => {
    if (to === 2 && tokenIn(bytes) !== undefined) last = bytes;
    return true;
  };
  await c.run(1000);
  c.crash(1);
  c.crash(3);
  const from = c.trace.events.length;
  assert.ok(await c.runUntil(() => gathers(c, 2, from).length > 0, 2000));
  const next = last!.slice();
  const view = new DataView(next.buffer);
  view.setUint32(17, view.getUint32(17, true) + 3, true);
  let passed = 0;
  c.network.filter = (sender, _, bytes) => {
    if (sender === 2 && tokenIn(bytes) !== undefined) passed++;
    return true;
  };
  c.network.carry(1, 2, next, 0);
  await c.run(10);
  assert.equal(passed, 0);
  assert.equal(c.node(2).state, 'gather');
  await settle(c);
  holds(c);
}

async function restartInRecovery(): Promise<void> {
  for (let seed = 1; seed <= 10; seed++) {
    const c = await started({ nodes: 5, seed });
    c.crash(3);
    c.crash(4);
    assert.ok(await c.runUntil(() => c.node(5).state === 'recovery', 5000));
    for (const id of [1, 2]) {
      c.crash(id);
      // So that the ring that they form may have the id of the one that node 5 recovers for.
      c.disk(id).damageRingId('older');
    }
    c.start(1, 2, 3, 4);
    assert.ok(await c.runUntil(() => c.stable, 20_000), `seed ${seed}: no common ring`);
    assert.equal(c.nodes.length, 5);
  }
}

/** Node 3 has got none of the messages that the nodes before it have said; node 4 is gone. */
async function behind(seed: number, messages: number): Promise<{ c: SimulatedCluster; all: CpgProgram[] }> {
  const c = await started({ nodes: 4, seed });
  const all = await programs(c);
  c.network.filter = (_, to, bytes) => to !== 3 || typeOf(bytes) !== PacketType.mcast;
  let originated = 0;
  watch(c, ({ kind }) => (originated += kind === 'originate' ? 1 : 0));
  while (originated < messages) {
    for (const program of all.slice(0, 2)) program.say(packet);
    await c.run(1);
  }
  c.crash(4);
  return { c, all: all.slice(0, 3) };
}

function watch(c: SimulatedCluster, observe: (event: TraceEvent) => void): void {
  c.trace.attach({ observe, finish: () => undefined });
}

async function recoverAgain(): Promise<void> {
  for (let failures = 1; failures <= 4; failures++) {
    const { c, all } = await behind(failures, 60);
    let failed = 0;
    let before = '';
    watch(c, (event) => {
      if (event.kind !== 'state' || event.node !== 1) return;
      if (event.state === 'gather' && before === 'recovery') failed++;
      before = event.state;
    });
    c.network.filter = (_, to, bytes) => {
      // Some tokens get through: messages are recovered, and then the ring fails.
      const cut = failed < failures && c.alive(to)?.state === 'recovery';
      return !cut || tokenIn(bytes) === undefined || c.random.chance(0.3);
    };
    await settle(c);
    assert.ok(failed >= failures, `recovery failed ${failed} times, not ${failures}`);
    await heardAll(c, all, all);
    holds(c);
  }
}

async function duplicateCommitTokens(): Promise<void> {
  const durations: number[] = [];
  for (const copies of [1, 2, 3, 4, 5]) {
    const c = await started({ nodes: 3 });
    let first = 0;
    let forwarding = false;
    c.network.filter = (from, to, bytes) => {
      if (tokenIn(bytes)?.tokenSeq === 0) first++;
      if (!forwarding && typeOf(bytes) === PacketType.commitToken) {
        forwarding = true;
        for (let i = 1; i < copies; i++) c.network.carry(from, to, bytes, 0);
        forwarding = false;
      }
      return true;
    };
    const from = c.trace.events.length;
    const since = c.now;
    c.crash(3);
    await settle(c);
    durations.push(c.now - since);
    assert.equal(first, changes(c, from, 1), `with ${copies} copies of each commit token`);
    holds(c);
  }
  const [normal, ...others] = durations;
  assert.ok(Math.max(...others) < normal! + 10, `${durations.map((ms) => ms.toFixed(0)).join(', ')} ms`);
}

async function recoverMany(): Promise<void> {
  for (const messages of [200, 207, 1000, 5000]) {
    const { c, all } = await behind(1, messages);
    c.network.calm();
    const from = c.trace.events.length;
    assert.ok(await c.runUntil(() => c.stable, 20_000, 5), `no ring with ${messages} messages to recover`);
    await heardAll(c, all, all);
    assert.equal(changes(c, from, 3), 1);
    holds(c);
  }
}

async function gap(): Promise<void> {
  const c = await started({ nodes: 3 });
  const all = await programs(c);
  let missing: number | undefined;
  c.network.filter = (from, _, bytes) => {
    if (from !== 3 || typeOf(bytes) !== PacketType.mcast) return true;
    // The first packet reaches nobody.
    const seq = new DataView(bytes.buffer, bytes.byteOffset).getUint32(17, true);
    missing ??= seq;
    return seq !== missing;
  };
  const behind = new Set<number>();
  watch(c, (event) => {
    if (event.kind === 'originate' && missing !== undefined && event.seq > missing) behind.add(event.node);
  });
  for (let i = 0; i < 40; i++) for (const program of all) program.say(packet);
  const everybody = () => behind.has(1) && behind.has(2) && behind.has(3);
  assert.ok(await c.runUntil(everybody, 1000), 'nothing is sent behind the gap');
  c.crash(3);
  const survivors = all.slice(0, 2);
  await settle(c);
  for (const program of survivors) program.say(packet);
  await heardAll(c, survivors, survivors);
  for (const { heardLast } of survivors) assert.equal(heardLast.get(103), undefined);
  holds(c);
}

export async function fullPackets(): Promise<void> {
  const { c, all } = await behind(1, 30);
  let longest = 0;
  c.network.filter = (_from, _to, bytes) => {
    longest = Math.max(longest, bytes.length);
    return true;
  };
  for (const program of all) program.say(20_000);
  await settle(c);
  await heardAll(c, all, all);
  holds(c);
  assert.ok(longest > 1455, 'recovery sent no full packet again');
  assert.ok(longest <= 1500, `a datagram of ${longest} bytes`);
}

async function pause(): Promise<void> {
  for (const times of [1.2, 3, 20]) {
    const c = await started({ nodes: 3 });
    const all = await programs(c);
    const chatter = () => {
      for (const program of all) if (!program.node.process.paused) program.say(50);
      c.schedule.after(20, chatter);
    };
    chatter();
    const end = c.now + times * timing.token;
    c.node(2).process.pause(times * timing.token);
    // Rounds of the others, whose joins wait for the node meanwhile.
    while (c.now + 5 * timing.token < end) {
      await c.run(timing.token);
      c.crash(3);
      c.start(3);
    }
    await c.run(end - c.now);
    const from = c.trace.events.length;
    assert.ok(
      await c.runUntil(() => c.stable, patience),
      `no full ring ${patience} ms after ${times} x token`,
    );
    await c.run(timing.token);
    const most = Math.max(...[1, 2, 3].map((id) => changes(c, from, id)));
    assert.ok(most <= 1, `${most} changes after a pause of ${times} x token`);
    assert.ok(c.stable);
    holds(c);
  }
}

async function firstGather(): Promise<void> {
  const c = await started({ nodes: 3, uptime: 1_000_000 });
  await c.run(2000);
  for (const { log } of c.nodes)
    assert.deepEqual(
      log.filter((line) => line.includes('paused')),
      [],
    );
  holds(c);
}

async function quickRestart(): Promise<void> {
  const c = await started({ nodes: 3, config: { totem: { token: 30_000 } } });
  const [watcher] = await programs(c);
  const from = c.trace.events.length;
  c.crash(2);
  await c.run(1000);
  c.start(2);
  await settle(c);
  await c.run(1000);
  const events = c.trace.events.slice(from);
  const along = events.filter((e) => e.kind === 'transitional' && e.node !== 2 && e.members.includes(2));
  assert.deepEqual(along, []);
  assert.deepEqual(
    watcher!.members.map(({ nodeId }) => nodeId),
    [1, 3],
  );
  const again = c.node(2).life;
  assert.equal(again, 2);
  holds(c);
}
