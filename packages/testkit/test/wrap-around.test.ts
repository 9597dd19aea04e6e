import assert from 'node:assert/strict';
import { CpgProgram, cluster, type ClusterOptions, type SimulatedCluster } from '@coterie/testkit';

/** Messages of each program in each part of the story: more than 512 packets on a ring, one for each. */
const SAID = 200;

/** Three nodes in use, with loss, a partition under way and a merge. What happens in it does not depend on where numbers begin. */
async function story(options: Partial<ClusterOptions>): Promise<SimulatedCluster> {
  const world = cluster({ nodes: 3, seed: 11, config: { totem: { token: 300 } }, ...options });
  const { network } = world;
  network.losses.push({ rate: 0.02 });
  world.start();
  await world.settled();
  const programs = world.nodes.map((node) => new CpgProgram(world, node, 'g', 100 + node.id));
  await talk(world, programs);
  network.partition([1], [2, 3]);
  await talk(world, programs);
  network.heal();
  await world.run(50);
  await world.settled();
  await talk(world, programs);
  return world;
}

/** Everybody speaks a while, and waits until it has heard itself. */
async function talk(world: SimulatedCluster, programs: readonly CpgProgram[]): Promise<void> {
  assert.ok(await world.runUntil(() => programs.every(({ state }) => state === 'joined'), 5000));
  for (let said = 0; said < SAID; said++) {
    for (const program of programs) assert.ok(program.say(1000));
    await world.run(2);
  }
  const heard = () => programs.every(({ heardLast, pid, sent }) => heardLast.get(pid) === sent);
  assert.ok(await world.runUntil(heard, 20_000));
}

/** The most packets that a ring has ordered. */
function longestRing({ trace }: SimulatedCluster): number {
  return Math.max(...trace.events.map((event) => (event.kind === 'deliver' ? event.seq : 0)));
}

/** The trace, without the hashes of packets: their headers hold the numbers as they are. */
function numberless({ trace }: SimulatedCluster): string {
  return trace.text().replaceAll(/(#\d+) [0-9a-f]{8}/g, '$1');
}

describe('numbers that wrap around', function () {
  this.timeout(30_000);
  let plain: SimulatedCluster;

  before(async () => {
    plain = await story({});
    assert.ok(longestRing(plain) > 0x200, `${longestRing(plain)} packets`);
  });

  for (const startSeq of [0xfffffe00, 0xfffffff0, 0xffffffff, 0x7fffff00]) {
    it(`change nothing where rings count from 0x${startSeq.toString(16)}`, async () => {
      assert.equal(numberless(await story({ startSeq })), numberless(plain));
    });
  }

  for (const left of [1, 500, 1500]) {
    it(`change nothing where clocks pass 2^32 ms after ${left} ms`, async () => {
      const world = await story({ uptime: 2 ** 32 - left });
      assert.ok(world.now > left);
      assert.equal(world.trace.text(), plain.trace.text());
    });
  }
});
