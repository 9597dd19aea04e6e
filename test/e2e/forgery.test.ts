import assert from 'node:assert/strict';
import { CpgClient } from '@coterie/engine-cpg/client';
import { Cluster } from '../interop/cluster.js';
import { boot, powerFailure, traffic } from '../interop/scenarios.js';
import { delay, until } from '../interop/until.js';
import { describeWith, program } from '../needs.js';
import { Loopback } from './loopback.js';

const FORGERIES = 100_000;
/** Per second, on each of the six ways. */
const RATE = 1500;
const PATIENCE = 30_000;

describeWith([program('setpriv')], 'a ring whose network forges packets', function (this: Mocha.Suite) {
  this.timeout(300_000);

  it(`survives ${FORGERIES} of them, forms again, and after a restart too`, async () => {
    const network = await Loopback.create([1, 2, 3]);
    const cluster = Cluster.create(
      { transport: 'udpu', token: 1000, nodes: Array(3).fill('coteried') },
      network,
    );
    let failed = true;
    try {
      await boot([1, 2, 3], 0).run(cluster);
      cluster.load(400, 10_000);
      await until('so many forgeries', 100_000, async () => {
        await network.everyWay(() => ({ forgeries: RATE }));
        await delay(500);
        mustLive(cluster);
        return network.forged >= FORGERIES ? undefined : `only ${network.forged} were sent`;
      });
      await network.heal();
      // Forged messages may have left processes that there are not in the groups that there were: only the ring and
      // a group of its own are looked at.
      await oneRing(cluster);
      await groupWorks(cluster);
      // What was written to the state folders is something to start from.
      for (const { client } of cluster.nodes) client.kill();
      await powerFailure.run(cluster);
      await traffic.run(cluster);
      failed = false;
    } finally {
      const folder = await cluster.dispose(failed);
      if (folder !== undefined) console.error(`See ${folder}`);
    }
  });
});

function mustLive(cluster: Cluster): void {
  const crashes = cluster.nodes.flatMap(({ crash }) => crash ?? []);
  assert.deepEqual(crashes, []);
}

async function oneRing(cluster: Cluster): Promise<void> {
  for (const node of cluster.nodes) {
    node.client.kill();
    node.startClient();
  }
  await until('a ring of all', PATIENCE, () => {
    mustLive(cluster);
    const rings = cluster.nodes.map(
      ({ client: { quorum } }) => `${quorum?.ring} of ${quorum?.members.join()}`,
    );
    return rings.every((ring) => ring === rings[0] && ring.endsWith(' of 1,2,3'))
      ? undefined
      : rings.join('; ');
  });
}

/** Members on all nodes of a group that was not there before hear the same, in the same order. */
async function groupWorks(cluster: Cluster): Promise<void> {
  const clients = await Promise.all(cluster.nodes.map(({ runDir }) => CpgClient.connect({ runDir })));
  try {
    const heard: string[][] = clients.map(() => []);
    const members: number[] = [];
    const groups = await Promise.all(
      clients.map((client, i) =>
        client.join('afterwards', {
          onDeliver: (data) => void heard[i]!.push(Buffer.from(data).toString()),
          onConfiguration: (event) => (members[i] = event.members.length),
        }),
      ),
    );
    await until('members', PATIENCE, () =>
      members.join() === '3,3,3' ? undefined : `groups have ${members.join()}`,
    );
    for (let n = 0; n < 10; n++)
      await Promise.all(groups.map(async (group, i) => group.send(Buffer.from(`${i}.${n}`))));
    await until('messages', PATIENCE, () =>
      heard.every(({ length }) => length === 30) ? undefined : 'some lack',
    );
    assert.deepEqual(heard[1], heard[0]);
    assert.deepEqual(heard[2], heard[0]);
  } finally {
    await Promise.all(clients.map((client) => client.close()));
  }
}
