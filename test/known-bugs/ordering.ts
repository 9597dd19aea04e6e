/** A: the token, the order of messages and their retransmission. */
import assert from 'node:assert/strict';
import type { SimulatedCluster } from '@coterie/testkit';
import { PacketType } from '@coterie/totem/internal';
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
    row: 'A1',
    symptom:
      'A node that had missed more than 1,024 messages stopped asking for them, and was thrown out 2,500 rotations later.',
    scenarios: [
      {
        name: 'a node that lacks 1,500 messages catches up',
        property: 'Its aru is the sequence number of the token in under 300 rotations, on the same ring.',
        finds: ['a1-gives-up-far-behind'],
        run: catchUp,
      },
    ],
  },
  {
    row: 'A2',
    symptom:
      'A token that came again counted as another rotation without progress: a healthy node failed to receive.',
    scenarios: [
      {
        name: 'tokens that come twice count once',
        property:
          'Failure to receive is declared fail_recv_const distinct tokens after the first that did not help.',
        finds: ['a2-repeated-token-counts'],
        run: countTokens,
      },
    ],
  },
  {
    row: 'A3',
    symptom: 'A neighbour that only repeated its last token kept the token-loss timer from running out.',
    scenarios: [
      {
        name: 'a token that is only repeated is lost',
        property: 'The gather state begins within the token timeout and one tick of the repetition.',
        finds: ['a3-repeated-token-restarts-timer'],
        run: repeatToken,
      },
    ],
  },
  {
    row: 'A4',
    symptom: 'Messages that a switch delivers after the token were asked for at once, and came twice.',
    scenarios: [
      {
        name: 'messages that come one to three rotations late are not asked for',
        property: 'No token asks for a message before miss_count_const visits; everything is delivered once.',
        finds: ['a4-asks-at-once'],
        run: lateMessages,
      },
    ],
  },
  {
    row: 'A5',
    symptom:
      'Where only large packets got lost, an idle ring took 450 s to react; once it did not hold the token any more, it flooded the network.',
    scenarios: [
      {
        name: 'by default a retransmission that fails again and again goes slowly',
        property: 'About one retransmission a hold timeout, and nobody fails to receive for 60 s.',
        finds: ['a5-hold-always-cancelled'],
        run: slowRetransmission,
      },
      {
        name: 'with cancel_token_hold_on_retransmit the failure is declared',
        property:
          'After fail_recv_const rotations, at full speed; when the loss is over everything is delivered.',
        finds: ['a5-hold-never-cancelled'],
        run: fastFailure,
      },
    ],
  },
  {
    row: 'A7',
    symptom: 'After recovery nodes asked without end for messages that all others had freed.',
    scenarios: [
      {
        name: 'losses in recovery leave no request open',
        property: 'The list of requests is empty 20 rotations after the ring is operational.',
        finds: ['a7-recovery-ends-early'],
        run: lossInRecovery,
      },
    ],
  },
  {
    row: 'A8',
    symptom:
      'A node that counted itself among the failed, and everybody with it, waited for ever or stopped.',
    scenarios: [
      {
        name: 'a node that gets tokens and nothing else goes on alone',
        property: 'It forms a ring of its own, the others one without it, and all merge when it hears again.',
        finds: ['a8-accused-node-needs-others', 'a8-failure-never-declared'],
        run: tokensOnly,
      },
    ],
  },
];

const large = 1000;

/** Lets nothing of a kind through to a node. */
function lose(c: SimulatedCluster, to: number, ...types: number[]): void {
  c.network.filter = (_, target, bytes) => target !== to || !types.includes(typeOf(bytes));
}

async function catchUp(): Promise<void> {
  const c = await started({ nodes: 5 });
  const all = await programs(c);
  const from = c.trace.events.length;
  lose(c, 3, PacketType.mcast);
  const originated = () => c.trace.events.reduce((n, { kind }) => n + (kind === 'originate' ? 1 : 0), 0);
  const before = originated();
  // Those behind node 3 in the ring do nothing but send again what it asks for.
  for (let round = 0; round < 1000; round++) {
    for (const program of all) if (program.node.id < 3) program.say(large);
  }
  const ahead = await c.runUntil(() => originated() - before >= 1500, 30_000, 5);
  assert.ok(ahead, 'the others do not get 1,500 packets ahead');

  let rotations = 0;
  let equal = false;
  c.network.filter = (_, to, bytes) => {
    const token = to === 3 ? tokenIn(bytes) : undefined;
    if (token === undefined) return true;
    rotations++;
    equal ||= token.aru === token.seq;
    return true;
  };
  assert.ok(await c.runUntil(() => equal || rotations >= 300, 60_000), 'the token does not rotate');
  assert.ok(equal, `the aru is behind after ${rotations} rotations`);
  await heardAll(c, all, all);
  assert.equal(changes(c, from), 0);
  holds(c);
}

async function countTokens(): Promise<void> {
  const limit = 60;
  const c = await started({ nodes: 3, config: { totem: { fail_recv_const: limit } } });
  const [first] = await programs(c);
  const from = c.trace.events.length;
  let useless = 0;
  let last = -1;
  c.network.filter = (sender, to, bytes) => {
    if (to !== 3) return true;
    const token = tokenIn(bytes);
    if (token === undefined) return typeOf(bytes) !== PacketType.mcast;
    if (token.tokenSeq === last) return true;
    last = token.tokenSeq;
    if (token.aruAddr === 3) useless++;
    // Again, but not before the first one has been handled.
    c.schedule.after(0.01, () => c.network.carry(sender, to, bytes, 0));
    return true;
  };
  first!.say(100);
  assert.ok(await c.runUntil(() => gathers(c, 3, from).length > 0, 30_000));
  assert.deepEqual(gathers(c, 3, from), ['failed to receive']);
  // The token of the first accusation does not count yet.
  assert.ok(Math.abs(useless - limit) <= 2, `${useless} distinct tokens`);
}

async function repeatToken(): Promise<void> {
  const c = await started({ nodes: 2 });
  let last: Uint8Array | undefined;
  c.network.filter = (_, to, bytes) => {
    if (to === 1 && tokenIn(bytes) !== undefined) last = bytes;
    return true;
  };
  assert.ok(await c.runUntil(() => last !== undefined));
  await c.run(1);
  c.crash(2);
  const from = c.trace.events.length;
  const since = c.now;
  const again = () => {
    c.network.carry(2, 1, last!, 0);
    c.schedule.after(timing.retransmit, again);
  };
  again();
  const limit = timing.token + 1;
  await c.runUntil(() => gathers(c, 1, from).length > 0, limit);
  assert.ok(
    gathers(c, 1, from).length > 0,
    `no gather ${(c.now - since).toFixed(0)} ms after the last new token`,
  );
}

async function lateMessages(): Promise<void> {
  const c = await started({ nodes: 3, seed: 4 });
  const all = await programs(c);
  const from = c.trace.events.length;
  const rotation = 3 * 0.25;
  let requests = 0;
  let forwarding = false;
  c.network.filter = (sender, to, bytes) => {
    requests += tokenIn(bytes)?.rtrCount ?? 0;
    if (forwarding || typeOf(bytes) !== PacketType.mcast) return true;
    c.schedule.after(rotation * (1 + 2 * c.random.next()), () => {
      forwarding = true;
      c.network.carry(sender, to, bytes, 0);
      forwarding = false;
    });
    return false;
  };
  for (let i = 0; i < 50; i++) {
    for (const program of all) program.say(large);
    await c.run(10);
  }
  await heardAll(c, all, all);
  assert.equal(requests, 0);
  assert.equal(changes(c, from), 0);
  const heard = c.trace.events.filter(({ kind }) => kind === 'hear').length;
  assert.equal(heard, 50 * 3 * 3);
  holds(c);
}

/** A ring in which one large message of node 1 does not get through to node 3; what it hears of the wire. */
async function largeLost(cancel: 'yes' | 'no') {
  const c = await started({ nodes: 3, config: { totem: { cancel_token_hold_on_retransmit: cancel } } });
  const all = await programs(c);
  const lost = { packets: 0, tokens: 0 };
  const from = c.trace.events.length;
  c.network.filter = (_, to, bytes) => {
    if (to !== 3) return true;
    if (tokenIn(bytes) !== undefined) lost.tokens++;
    if (bytes.length <= 300) return true;
    lost.packets++;
    return false;
  };
  await c.run(1000);
  all[0]!.say(large);
  return { c, all, lost, from };
}

async function slowRetransmission(): Promise<void> {
  const { c, all, lost, from } = await largeLost('no');
  await c.run(1000);
  lost.packets = 0;
  await c.run(60_000);
  const rate = lost.packets / 60_000;
  assert.ok(rate <= 1.2 / timing.hold, `${lost.packets} retransmissions in 60 s`);
  assert.ok(lost.packets > 100, 'nobody sent the message again');
  assert.deepEqual(gathers(c, 3, from), []);
  c.network.calm();
  await heardAll(c, all, all);
  holds(c);
}

async function fastFailure(): Promise<void> {
  const { c, all, lost, from } = await largeLost('yes');
  lost.tokens = 0;
  assert.ok(await c.runUntil(() => gathers(c, 3, from).length > 0, 60_000, 1), 'no failure in 60 s');
  assert.equal(gathers(c, 3, from)[0], 'failed to receive');
  assert.ok(lost.tokens <= 2500 + 50, `${lost.tokens} rotations`);
  c.network.calm();
  await settle(c);
  await c.run(5000);
  const others = all.filter(({ node }) => node.id !== 3);
  for (const program of others) program.say(large);
  await heardAll(c, others, others);
  holds(c);
}

async function lossInRecovery(): Promise<void> {
  for (let seed = 1; seed <= 12; seed++) {
    const c = await started({ nodes: 4, seed, config: { totem: { fail_recv_const: 200 } } });
    const all = await programs(c);
    const watch = { open: 0, visits: 0 };
    c.network.filter = (_, to, bytes) => {
      const recovering = c.nodes.some(({ state }) => state === 'recovery');
      if (recovering) return typeOf(bytes) !== PacketType.mcast || !c.random.chance(0.4);
      const token = to === 1 ? tokenIn(bytes) : undefined;
      if (token !== undefined) {
        watch.visits++;
        watch.open = token.rtrCount;
      }
      return true;
    };
    // What node 2 lacks is what recovery is about.
    c.network.losses.push({ rate: 1, to: 2, kinds: ['message'] });
    for (let i = 0; i < 30; i++) for (const program of all) program.say(large);
    await c.run(20);
    c.network.losses.length = 0;
    c.crash(4);
    await settle(c, 30_000);
    watch.visits = 0;
    assert.ok(await c.runUntil(() => watch.visits >= 20, 10_000), 'the token does not rotate');
    assert.equal(watch.open, 0, `seed ${seed}: requests are open after 20 rotations`);
    const left = all.slice(0, 3);
    await heardAll(c, left, left);
    holds(c);
  }
}

export async function tokensOnly(): Promise<void> {
  const c = await started({ nodes: 3, config: { totem: { fail_recv_const: 20 } } });
  const [first] = await programs(c);
  c.network.filter = (from, to, bytes) => to !== 3 || from === 3 || tokenIn(bytes) !== undefined;
  first!.say(100);
  const members = (id: number) => c.node(id).view!.members.join(' ');
  const apart = () => members(3) === '3' && members(1) === '1 2' && members(2) === '1 2';
  assert.ok(await c.runUntil(apart, 20_000), 'node 3 and the others are not on rings of their own');
  assert.equal(c.nodes.length, 3);
  c.network.calm();
  await settle(c, 10_000);
  assert.deepEqual([members(1), members(2), members(3)], Array(3).fill('1 2 3'));
  holds(c);
}
