import assert from 'node:assert/strict';
import { ConfdbClient } from '@coterie/engine-confdb/client';
import { value } from '@coterie/sdk';
import type { Cluster } from '../interop/cluster.js';
import { describeTrials } from '../interop/describe-trials.js';
import type { Scenario } from '../interop/scenarios.js';
import { Trial } from '../interop/trial.js';
import { delay } from '../interop/until.js';
import { Fabric } from './fabric.js';
import { PATIENCE, agree, everyone, others, plan, start } from './ring.js';

const fabric = new Fabric();
/** Bytes of a message, and how many each node sends. */
const SIZES = [
  [1, 20],
  [300, 20],
  [1455, 20],
  [100_000, 3],
  [1_000_000, 1],
] as const;
const MESSAGES = SIZES.reduce((sum, [, count]) => sum + count, 0);
/** Bytes, and microseconds between two messages of a node. */
const LOAD = [1000, 50_000] as const;

/** With `netmtu: auto`, and an MTU of 4200 of the interfaces. */
const forms: Scenario = {
  title: 'forms, with datagrams as large as the ports carry',
  async run(cluster) {
    await start(cluster, ...everyone);
    await agree(cluster, ...everyone);
    for (const node of everyone) {
      await using database = await ConfdbClient.connect({ runDir: cluster.node(node).runDir });
      assert.deepEqual(await database.get('totem.netmtu'), value.u32(4096));
    }
  },
};

const traffic: Scenario = {
  title:
    'delivers messages of 1 to 1000000 bytes in all directions, across the devices: their own counters say so',
  async run(cluster) {
    const before = everyone.map((node) => fabric.traffic(node));
    for (const [size, count] of SIZES) await cluster.exchange(size, count, PATIENCE);
    for (const [i, { sent, received }] of before.entries()) {
      const now = fabric.traffic(i + 1);
      // One packet a message at least, which the other two receive.
      assert.ok(now.sent - sent >= MESSAGES, `rxe${i + 1} sent ${now.sent - sent} packets`);
      assert.ok(now.received - received >= 2 * MESSAGES, `rxe${i + 1} received ${now.received - received}`);
    }
  },
};

/** While all send. */
function underLoad(title: string, trial: (cluster: Cluster) => Promise<void>): Scenario {
  return {
    title,
    async run(cluster) {
      cluster.load(...LOAD);
      await trial(cluster);
      await cluster.quiet();
    },
  };
}

/** A fault parts each of these nodes in turn from the others, who go on, as it does alone; then it is back. */
function parted(
  title: string,
  nodes: readonly number[],
  part: (node: number) => Promise<void>,
  mend: (node: number) => Promise<void>,
): Scenario {
  return underLoad(`goes on when ${title}, and is whole again afterwards`, async (cluster) => {
    for (const node of nodes) {
      await part(node);
      await agree(cluster, ...others(node));
      await agree(cluster, node);
      await mend(node);
      await agree(cluster, ...everyone);
    }
  });
}

const loss = underLoad('delivers everything with 30 % of all packets lost for 20 s', async (cluster) => {
  for (const node of everyone) await fabric.lose(node, 0.3);
  await delay(20_000);
  await fabric.heal();
  await agree(cluster, ...everyone);
});

const crashes = underLoad(
  'goes on when a daemon is killed, and takes it back, each in turn',
  async (cluster) => {
    for (const node of everyone) {
      await cluster.node(node).kill();
      await agree(cluster, ...others(node));
      await start(cluster, node);
      await agree(cluster, ...everyone);
      cluster.node(node).client.send(...LOAD);
    }
  },
);

describe('three coteried on three soft-RoCE devices', () => {
  const scenarios = [
    forms,
    traffic,
    parted(
      'the port of a device goes down, each in turn',
      everyone,
      (node) => fabric.portDown(node),
      (node) => fabric.portUp(node),
    ),
    parted(
      'a node is plugged out of the network',
      [3],
      (node) => fabric.unplug(node),
      (node) => fabric.plug(node),
    ),
    loss,
    parted(
      'a device is deleted and made again, each in turn',
      everyone,
      (node) => fabric.deleteDevice(node),
      (node) => fabric.createDevice(node),
    ),
    crashes,
  ];
  const automatic = { ...plan('iba'), sections: 'totem {\n  netmtu: auto\n}' };
  describeTrials({ 'with transport iba': new Trial(automatic, scenarios, async () => fabric) }, 1);
});
