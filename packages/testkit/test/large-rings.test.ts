import assert from 'node:assert/strict';
import {
  CpgProgram,
  DeliveryChecker,
  GroupChecker,
  MembershipChecker,
  QuorumChecker,
  cluster,
  type SimulatedCluster,
} from '@coterie/testkit';

const GROUP = 'g';

/** A cluster of so many nodes on one ring, with a program on each, all in one group. */
async function ringOf(nodes: number): Promise<{ world: SimulatedCluster; programs: CpgProgram[] }> {
  const world = cluster({ nodes, seed: nodes });
  for (const checker of [
    new MembershipChecker(),
    new DeliveryChecker(),
    new GroupChecker(),
    new QuorumChecker(),
  ])
    world.trace.attach(checker);
  world.start();
  await world.settled();
  const programs = world.nodes.map((node) => new CpgProgram(world, node, GROUP, 1000 + node.id));
  assert.ok(await world.runUntil(() => programs.every(({ members }) => members.length === nodes), 5000, 5));
  return { world, programs };
}

/** After something that changes the ring: one for all that hear each other, and no more than it takes. */
async function changed(world: SimulatedCluster, how: () => void): Promise<void> {
  const before = ringsPerNode(world);
  how();
  await world.run(1);
  await world.settled(10_000);
  assert.ok(ringsPerNode(world) - before <= 3, `${ringsPerNode(world) - before} rings`);
}

function ringsPerNode({ trace, ids }: SimulatedCluster): number {
  return trace.events.filter(({ kind }) => kind === 'regular').length / ids.length;
}

/** Everybody says three things, and all members hear all of them. */
async function talk(world: SimulatedCluster, programs: readonly CpgProgram[]): Promise<void> {
  for (const program of programs) for (let i = 0; i < 3; i++) assert.ok(program.say(1000));
  const heard = ({ heardLast }: CpgProgram) => programs.every(({ pid, sent }) => heardLast.get(pid) === sent);
  assert.ok(await world.runUntil(() => programs.every(heard), 5000, 5));
}

describe('a ring of many nodes', function () {
  this.timeout(60_000);

  for (const nodes of [16, 32, 64]) {
    it(`of ${nodes} forms, loses a node, splits and merges`, async () => {
      const { world, programs } = await ringOf(nodes);
      await talk(world, programs);

      const lost = nodes / 2;
      await changed(world, () => world.crash(lost));
      const left = programs.filter(({ node }) => node.id !== lost);
      await talk(world, left);

      const halves = [0, 1].map((rest) => world.ids.filter((id) => id % 2 === rest));
      await changed(world, () => world.network.partition(...halves));
      for (const half of halves)
        await talk(
          world,
          left.filter(({ node }) => half.includes(node.id)),
        );

      await changed(world, () => world.network.heal());
      assert.ok(
        await world.runUntil(() => left.every(({ members }) => members.length === nodes - 1), 5000, 5),
      );
      await talk(world, left);
      assert.deepEqual(world.trace.finish(), []);
    });
  }
});
