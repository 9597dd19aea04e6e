/**
 * A ring over soft-RoCE that is under load for a long time while one of its daemons is killed and started again from
 * time to time: the others must lose no message and come to hold no more of the machine. Runs in the guest.
 *
 * usage: soak.js --minutes N
 */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Cluster } from '../interop/cluster.js';
import { delay } from '../interop/until.js';
import { Fabric } from './fabric.js';
import { type Resource, type Resources, resources } from './resources.js';
import { agree, everyone, others, plan, start } from './ring.js';

const { values } = parseArgs({ options: { minutes: { type: 'string', default: '20' } } });
const minutes = Number(values.minutes);
/** Bytes, and microseconds between two messages of a node. */
const LOAD = [1400, 20_000] as const;
/** Killed and started again this often, in minutes; the others stay. */
const RESTARTED = 3;
const RESTART_EACH = 5;
const stayers = others(RESTARTED);

/** By how much each may be more at the end than it was at most in the second quarter: a share, and an amount. */
const slack: Readonly<Record<Resource, readonly [share: number, amount: number]>> = {
  heap: [0.05, 500_000],
  resident: [0.1, 0],
  pinned: [0, 0],
  files: [0, 0],
  queuePairs: [0, 0],
  memoryRegions: [0, 0],
  completionQueues: [0, 0],
  connections: [0, 0],
};

const heaps = mkdtempSync(join(tmpdir(), 'coterie-heaps-'));
const heapOnSignal = fileURLToPath(new URL('../interop/heap-on-signal.js', import.meta.url));
const fabric = new Fabric(['env', `NODE_OPTIONS=--import=${heapOnSignal}`, `COTERIE_HEAPS=${heaps}`]);
const cluster = Cluster.create(plan('iba'), fabric);
/** Of each node that stays, once a minute while nobody sends. */
const samples = new Map<number, Resources[]>(stayers.map((node) => [node, []]));

try {
  await start(cluster, ...everyone);
  await agree(cluster, ...everyone);
  const began = Date.now();
  for (let minute = 1; minute <= minutes; minute++) {
    cluster.load(...LOAD);
    if (minute % RESTART_EACH === 0) await restart();
    await delay(began + 60_000 * minute - Date.now());
    await cluster.quiet();
    await sample(minute);
  }
  const length = Math.round((Date.now() - began) / 1000);
  cluster.mustBeRight();
  mustNotHaveGrown();
  const delivered = cluster.node(stayers[0]!).client.lines.filter(({ kind }) => kind === 'got').length;
  console.log(
    `${length} s, ${delivered} messages delivered to each node that stayed: none lost, nothing has grown`,
  );
} finally {
  await cluster.dispose(false);
}

async function restart(): Promise<void> {
  await cluster.node(RESTARTED).kill();
  await agree(cluster, ...stayers);
  await start(cluster, RESTARTED);
  await agree(cluster, ...everyone);
  cluster.node(RESTARTED).client.send(...LOAD);
}

async function sample(minute: number): Promise<void> {
  for (const node of stayers) {
    const now = await resources(cluster.node(node).pid, heaps);
    samples.get(node)!.push(now);
    console.log(`minute ${minute} node ${node} ${JSON.stringify(now)}`);
  }
}

/** @throws Error naming what a node has more of in the last quarter than in the second */
function mustNotHaveGrown(): void {
  const quarter = Math.max(1, Math.floor(minutes / 4));
  for (const [node, taken] of samples) {
    for (const [name, [share, amount]] of Object.entries(slack) as [Resource, readonly [number, number]][]) {
      const before = Math.max(...taken.slice(quarter, 2 * quarter).map((each) => each[name]));
      const after = Math.min(...taken.slice(-quarter).map((each) => each[name]));
      if (!(after <= before * (1 + share) + amount))
        throw new Error(
          `node ${node} has ${name} ${after}, which was ${before} at most in the second quarter`,
        );
    }
  }
}
