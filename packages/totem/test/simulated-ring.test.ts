import assert from 'node:assert/strict';
import { violations } from './evs-check.js';
import { World } from './simulation.js';

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

describe('the ring, simulated', () => {
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

  for (let seed = 1; seed <= 150; seed++) {
    it(`keeps extended virtual synchrony through faults (seed ${seed})`, () => {
      const world = new World(seed, [1, 2, 3, 4, 5].slice(0, 2 + (seed % 4)), {
        token: 1000,
        tokenRetransmit: 238,
        hold: 180,
        consensus: 1200,
      });
      const { random, schedule, ids } = world;
      world.packets = true;
      world.startAll();
      chatter(world, 3, 900);
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
    });
  }
});
