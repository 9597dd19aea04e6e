import assert from 'node:assert/strict';
import {
  MCAST_PLAIN,
  MCAST_SIZE,
  McastHeader,
  OrfToken,
  PacketType,
  decodeMcastHeader,
  decodeOrfToken,
  encodeJoin,
  encodeOrfToken,
  joinSize,
  orfTokenSize,
} from '@coterie/totem/internal';
import { violations } from './evs-check.js';
import { defaults, World } from './simulation.js';

/** Runs until everybody is on one ring, then until every message of the living has arrived everywhere. */
function settle(world: World, limit = 60_000): void {
  world.faults.loss = 0;
  world.faults.duplication = 0;
  world.filter = () => false;
  world.heal();
  const stable = world.schedule.runUntil(() => world.stable(), limit);
  assert.ok(stable, `no common ring:\n${world.lines.slice(-60).join('\n')}`);
  world.schedule.runFor(2000);
  world.chatting = false;
  world.schedule.runFor(5000);
  assert.ok(world.stable(), `not stable any more:\n${world.lines.slice(-60).join('\n')}`);
  assert.deepEqual(violations(world), []);
  for (const node of world.nodes.values()) {
    const own = new Set(
      node.log.flatMap((o) => (o.kind === 'deliver' && o.from === node.id ? [o.text] : [])),
    );
    const lost = node.sent.filter((text) => !own.has(text));
    assert.deepEqual(lost, [], `node ${node.id} did not get its own messages`);
  }
}

function chatter(world: World, every: number, size: number): void {
  const tick = (): void => {
    for (const node of world.nodes.values()) {
      if (node.pausedUntil <= world.schedule.now && world.random.next() < 0.5)
        node.send(world.random.below(size) + 20);
    }
    if (world.chatting) world.schedule.after(every, tick);
  };
  world.schedule.after(every, tick);
}

describe('the ring, simulated', function () {
  // Virtual time: how long a run takes says nothing but how busy the machine is.
  this.timeout(120_000);
  for (const count of [1, 2, 3, 5, 16]) {
    it(`forms with ${count} nodes and orders messages`, () => {
      const world = new World(
        count,
        Array.from({ length: count }, (_, i) => i + 1),
      );
      world.startAll();
      assert.ok(
        world.schedule.runUntil(() => world.stable(), 20_000),
        world.lines.slice(-40).join('\n'),
      );
      for (let i = 0; i < 200; i++) {
        for (const node of world.nodes.values()) assert.ok(node.send(10 + ((i * 97) % 5000)));
        world.schedule.runFor(5);
      }
      world.schedule.runFor(3000);
      settle(world);
      const counts = [...world.nodes.values()].map((n) => n.log.filter((o) => o.kind === 'deliver').length);
      assert.deepEqual(
        counts,
        Array.from({ length: count }, () => 200 * count),
      );
    });
  }

  it('forms of nodes whose sequences forged joins have taken far apart', () => {
    const world = new World(1, [1, 2, 3], quick);
    world.disks.set(2, 2 ** 50);
    world.startAll();
    settle(world);
    assert.ok(world.disks.get(1)! > 2 ** 50);
  });

  it('tells of a token that was late but not lost, unless it is told not to', () => {
    for (const [tokenWarning, lines] of [
      [750, 1],
      [0, 0],
    ] as const) {
      const world = new World(1, [1, 2], { ...quick, token: 1000, tokenWarning });
      world.startAll();
      assert.ok(world.schedule.runUntil(() => world.stable(), 20_000));
      const [one, two] = [world.nodes.get(1)!, world.nodes.get(2)!];
      two.pausedUntil = world.schedule.now + 850;
      world.schedule.runFor(3000);
      const late = one.warnings.filter((line) =>
        /^the token was away for 8\d\d ms; after 1000 ms it is lost$/.test(line),
      );
      assert.equal(late.length, lines, one.warnings.join());
      assert.ok(world.stable());
    }
  });

  it('does not hear a node under the id of another, and says so', () => {
    const world = new World(1, [1, 2, 3], quick);
    world.startAll();
    assert.ok(world.schedule.runUntil(() => world.stable(), 20_000));
    const node = world.nodes.get(1)!;
    const join = { nodeId: 2, systemFrom: 2, ringSequence: 4, proc: [2, 3], failed: [1] };
    const bytes = new Uint8Array(joinSize(2, 1));
    encodeJoin(join, new DataView(bytes.buffer), 0);
    for (let i = 0; i < 100; i++) {
      node.receive(bytes, 3);
      world.schedule.runFor(100);
      assert.equal(node.totem.state, 'operational');
    }
    assert.deepEqual(node.errors, [
      'node 3 says that it is node 2, which the nodelist has at another address: it is not let in',
    ]);
  });

  it('does not take leave of a node for another, whenever that comes', () => {
    const world = new World(1, [1, 2, 3], quick);
    world.startAll();
    assert.ok(world.schedule.runUntil(() => world.stable(), 20_000));
    const node = world.nodes.get(1)!;
    const ringSequence = node.ring!.sequence;
    const leave = { nodeId: 0, systemFrom: 2, ringSequence, proc: [1, 3], failed: [2] };
    const bytes = new Uint8Array(joinSize(2, 1));
    encodeJoin(leave, new DataView(bytes.buffer), 0);
    node.receive(bytes, 3);
    let drains = 0;
    node.onDrain = () => {
      if (drains++ === 0) node.receive(bytes, 3);
    };
    world.schedule.runFor(1000);
    assert.ok(drains > 1);
    assert.equal(node.errors.length, 1);
    assert.deepEqual(node.members, [1, 2, 3]);
    assert.ok(world.stable());
    node.onDrain = () => {
      node.onDrain = () => undefined;
      node.receive(bytes, 2);
    };
    assert.ok(world.schedule.runUntil(() => node.totem.state === 'gather', 1000));
  });

  it('passes on requests for retransmission that a node cannot meet', () => {
    const world = new World(1, [1, 2, 3], quick);
    world.startAll();
    assert.ok(world.schedule.runUntil(() => world.stable(), 20_000));
    const token = new OrfToken();
    let asked: number | undefined;
    let passedOn: number | undefined;
    world.filter = (from, to, bytes) => {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      if (bytes[3] !== PacketType.orfToken || decodeOrfToken(view, 0, bytes.length, token) !== undefined)
        return false;
      if (from === 3 && asked !== undefined) passedOn ??= token.rtrCount > 0 ? token.rtrSeq[0] : -1;
      if (to !== 3 || asked !== undefined) return false;
      // Nobody has sent the packet of this number so far.
      asked = token.seq + 1;
      token.rtrRepresentative[0] = token.representative;
      token.rtrRingSequence[0] = token.ringSequence;
      token.rtrSeq[0] = asked;
      token.rtrCount = 1;
      const forged = new Uint8Array(orfTokenSize(1));
      encodeOrfToken(token, new DataView(forged.buffer), 0);
      world.schedule.after(0.1, () => world.nodes.get(3)!.receive(forged));
      return true;
    };
    assert.ok(world.schedule.runUntil(() => passedOn !== undefined, 5000));
    assert.equal(passedOn, asked);
  });

  it('ends a message that a change of the ring has cut in a packet of its own', () => {
    const world = new World(1, [1, 2, 3], { ...quick, maxMessages: 1 });
    world.start(1);
    world.start(2);
    world.schedule.runFor(3000);
    const header = new McastHeader();
    const ends: number[] = [];
    let before = 0;
    let first = 0;
    world.filter = (from, to, bytes) => {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      if (from !== 1 || to !== 2 || bytes[3] !== PacketType.mcast) return false;
      assert.equal(decodeMcastHeader(view, 0, bytes.length, header), undefined);
      if (header.encapsulated !== MCAST_PLAIN) return false;
      const [goesOn, begun] = [view.getUint8(MCAST_SIZE + 4) !== 0, view.getUint8(MCAST_SIZE + 5) !== 0];
      const parts = view.getUint16(MCAST_SIZE + 6, true);
      first ||= header.ringSequence;
      if (header.ringSequence === first) before++;
      else if (begun && !(goesOn && parts === 1)) ends.push(parts);
      return false;
    };
    const node = world.nodes.get(1)!;
    assert.ok(node.send(20_000));
    for (let i = 0; i < 20; i++) assert.ok(node.send(60));
    assert.ok(world.schedule.runUntil(() => before > 2, 3000));
    world.start(3);
    assert.ok(world.schedule.runUntil(() => world.stable() && ends.length > 0, 20_000));
    assert.deepEqual(ends, [1]);
  });

  it('sends after synchronisation what was queued for it and not sent by its end', () => {
    const world = new World(1, [1, 2], { ...quick, maxMessages: 1 });
    world.startAll();
    const node = world.nodes.get(1)!;
    const text = (i: number) => new TextEncoder().encode(`late ${i}\0`);
    assert.ok(
      world.schedule.runUntil(() => node.totem.state === 'operational' && node.members.length === 2, 20_000),
    );
    assert.ok(!node.synchronised);
    for (let i = 0; i < 30; i++)
      assert.ok(node.totem.multicast('a', new Uint8Array([...text(i), ...Buffer.alloc(1000)])));
    world.schedule.runFor(5000);
    for (const { log } of world.nodes.values())
      assert.equal(
        log.filter((event) => event.kind === 'deliver' && event.text.startsWith('late')).length,
        30,
      );
  });

  it('installs a ring at the fourth token that asks for nothing, not before (totemsrp message_handler_orf_token)', () => {
    const world = new World(1, [1, 2], quick);
    let tokens = 0;
    world.filter = (_, to, bytes) => {
      const idle = bytes[3] === PacketType.orfToken && world.nodes.get(1)?.totem.state === 'recovery';
      if (to === 1 && idle) tokens++;
      return false;
    };
    world.startAll();
    assert.ok(world.schedule.runUntil(() => world.stable(), 20_000));
    assert.equal(tokens, 4);
  });

  it('sends joins although send_join puts off each for longer than join repeats them', () => {
    const world = new World(1, [1, 2, 3], { ...quick, join: 50, sendJoin: 80 });
    world.random.below = (limit) => limit - 1;
    world.startAll();
    settle(world);
  });

  for (let seed = 1; seed <= 24; seed++) {
    it(`keeps extended virtual synchrony through faults (seed ${seed})`, () => {
      const world = new World(seed, [1, 2, 3, 4, 5].slice(0, 2 + (seed % 4)), quick);
      world.packets = true;
      throughFaults(world, 900);
    });
  }

  for (let seed = 1001; seed <= 1012; seed++) {
    it(`keeps messages of many packets whole through faults (seed ${seed})`, () => {
      const world = new World(seed, [1, 2, 3, 4, 5].slice(0, 2 + (seed % 4)), quick);
      throughFaults(world, seed % 2 === 0 ? 9000 : 900);
    });
  }

  it('lets a node go at once when it says goodbye', () => {
    const world = new World(1, [1, 2, 3]);
    world.startAll();
    assert.ok(world.schedule.runUntil(() => world.stable(), 20_000));
    for (const leaver of [2, 1]) {
      world.nodes.get(leaver)!.totem.leave();
      world.crash(leaver);
      assert.ok(
        world.schedule.runUntil(() => world.stable(), 200),
        world.lines.slice(-20).join('\n'),
      );
    }
    assert.deepEqual(world.nodes.get(3)!.members, [3]);
  });

  it('replaces a crashed node within token and consensus timeouts', () => {
    const world = new World(2, [1, 2, 3]);
    const { token, consensus } = defaults(3);
    world.startAll();
    assert.ok(world.schedule.runUntil(() => world.stable(), 20_000));
    world.crash(1);
    assert.ok(world.schedule.runUntil(() => world.stable(), token + consensus + 1000));
    world.start(1);
    assert.ok(world.schedule.runUntil(() => world.stable(), 1000));
  });

  it('merges healed partitions within seconds, idle or busy', () => {
    for (const busy of [false, true]) {
      const world = new World(3, [1, 2, 3, 4]);
      world.startAll();
      assert.ok(world.schedule.runUntil(() => world.stable(), 20_000));
      if (busy) chatter(world, 3, 900);
      world.partition([1, 3], [2, 4]);
      assert.ok(world.schedule.runUntil(() => world.stable(), 20_000));
      world.heal();
      assert.ok(
        world.schedule.runUntil(() => world.stable(), 5000),
        world.lines.slice(-20).join('\n'),
      );
    }
  });

  it('lets a node go that cannot hear one other, and takes it back when it can', () => {
    const world = new World(4, [1, 2, 3], { ...quick, failRecvConst: 100 });
    world.startAll();
    assert.ok(world.schedule.runUntil(() => world.stable(), 20_000));
    chatter(world, 3, 900);
    world.filter = (from, to) => from === 3 && to === 2;
    const alone = () => world.nodes.get(2)!.members.length === 1;
    assert.ok(world.schedule.runUntil(alone, 20_000), world.lines.slice(-20).join('\n'));
    settle(world, 5000);
  });

  it('recovers more messages than its window holds when each member sends them again', () => {
    const world = new World(6, [1, 2, 3, 4, 5], {
      ...quick,
      windowSize: 1000,
      maxMessages: 500,
      failRecvConst: 1e6,
    });
    world.packets = true;
    world.startAll();
    assert.ok(world.schedule.runUntil(() => world.stable(), 20_000));
    // Messages that node 4 lacks: the others have to keep them.
    world.filter = (_, to, bytes) => to === 4 && bytes[3] === PacketType.mcast;
    for (let i = 0; i < 50; i++) {
      for (const id of [1, 2, 3]) for (let k = 0; k < 60; k++) world.nodes.get(id)!.send(20);
      world.schedule.runFor(20);
    }
    world.filter = () => false;
    world.crash(5);
    assert.ok(
      world.schedule.runUntil(() => world.stable(), 20_000),
      world.lines.slice(-20).join('\n'),
    );
    assert.deepEqual(violations(world), []);
  });

  it('rests when nothing is to be sent, and wakes at once when something is', () => {
    const world = new World(4, [1, 2, 3]);
    world.startAll();
    assert.ok(world.schedule.runUntil(() => world.stable(), 20_000));
    world.schedule.runFor(2000);
    let packets = 0;
    world.filter = () => (packets++, false);
    world.schedule.runFor(10_000);
    assert.ok(packets < 200, `${packets} packets in ten idle seconds`);
    for (const id of [1, 2, 3]) {
      const seen = world.nodes.get(2)!.log.length;
      assert.ok(world.nodes.get(id)!.send(100));
      assert.ok(
        world.schedule.runUntil(() => world.nodes.get(2)!.log.length > seen, 5),
        `node ${id} waited`,
      );
      world.schedule.runFor(2000);
    }
  });

  it('survives packets that were changed on their way', () => {
    for (let seed = 1; seed <= 6; seed++) {
      const world = new World(seed, [1, 2, 3], quick);
      world.startAll();
      chatter(world, 5, 3000);
      world.filter = (_, to, bytes) => {
        if (world.random.next() < 0.05) {
          const changed = bytes.slice(0, 1 + world.random.below(bytes.length));
          for (let i = 0; i < 3; i++) changed[world.random.below(changed.length)] = world.random.below(256);
          world.nodes.get(to)?.receive(changed);
        }
        return false;
      };
      world.schedule.runFor(5000);
      for (const node of world.nodes.values()) assert.equal(node.fatal, undefined);
    }
  });

  it('keeps the first of two messages that claim one place in the order, and says so', () => {
    const world = new World(6, [1, 2], quick);
    world.startAll();
    assert.ok(world.schedule.runUntil(() => world.stable(), 20_000));
    world.filter = (_, to, bytes) => {
      if (bytes[3] !== 1) return false;
      const forged = bytes.slice();
      forged[forged.length - 1]! ^= 1;
      world.schedule.after(0.2, () => world.nodes.get(to)?.receive(forged));
      return false;
    };
    const node = world.nodes.get(2)!;
    const { sequence } = node.ring!;
    world.nodes.get(1)!.send(100);
    world.schedule.runFor(20);
    world.filter = () => false;
    assert.equal(node.log.filter(({ kind }) => kind === 'deliver').length, 1);
    assert.deepEqual(
      node.errors.map((message) => /two different messages of node 1/.test(message)),
      [true],
    );
    // Somebody may wait for what is not in the order: all begin anew.
    assert.ok(world.schedule.runUntil(() => world.stable() && node.ring!.sequence > sequence, 5000));
  });

  it('forms no ring when the ring sequence cannot be stored', () => {
    const world = new World(5, [1]);
    world.diskFull = true;
    world.startAll();
    world.schedule.runFor(5000);
    assert.match(world.nodes.get(1)!.fatal!.message, /disk full/);
    assert.equal(world.nodes.get(1)!.log.length, 0);
  });
});

const quick = { token: 1000, tokenRetransmit: 238, hold: 180, consensus: 1200 };

/** Crashes, partitions, loss, pauses and restarts at random, then quiet. */
function throughFaults(world: World, size: number): void {
  const { random, schedule, ids } = world;
  world.startAll();
  chatter(world, 3, size);
  for (let step = 0; step < 8; step++) {
    schedule.runFor(200 + random.below(3000));
    const victim = ids[random.below(ids.length)]!;
    switch (random.below(6)) {
      case 0:
        if (world.nodes.has(victim)) world.crash(victim);
        break;
      case 1: {
        const side = ids.filter(() => random.next() < 0.5);
        world.partition(
          side,
          ids.filter((id) => !side.includes(id)),
        );
        break;
      }
      case 2:
        world.faults.loss = random.next() * 0.2;
        world.faults.duplication = random.next() * 0.2;
        world.faults.jitter = random.next() * 5;
        break;
      case 3:
        world.heal();
        world.faults.loss = 0;
        break;
      case 4: {
        const node = world.nodes.get(victim);
        if (node !== undefined) node.pausedUntil = schedule.now + random.below(5000);
        break;
      }
      default:
        for (const id of ids) if (!world.nodes.has(id)) world.start(id);
    }
  }
  for (const id of ids) if (!world.nodes.has(id)) world.start(id);
  settle(world);
}
