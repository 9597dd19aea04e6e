import assert from 'node:assert/strict';
import {
  Cluster,
  Request,
  ServiceEngine,
  definePlugin,
  deliveryHandlers,
  inject,
  raw,
  requestHandlers,
  rest,
  struct,
  u32,
  type EngineIdentity,
  type Infer,
  type Plugin,
} from '@coterie/sdk';
import { Prng } from '../simulation/prng.js';
import type { Demand } from './demand.js';
import { EngineBench, type EngineSubject } from './engine-bench.js';
import { packageUnderTest } from './package-under-test.js';

export type { EngineSubject } from './engine-bench.js';

/** Frames or messages of chance that an engine gets for each of its handlers. */
const NONSENSE = 200;
const LONGEST_NONSENSE = 300;
/** Schedules in which the ring changes while members synchronise. */
const UNREST = 5;

/**
 * What an engine has to do whose members keep a common state, on simulated clusters of three nodes and more:
 *
 * @example for (const { title, run } of engineConformance(subject)) it(title, run);
 */
export function engineConformance<E extends object>(subject: EngineSubject<E>): readonly Demand[] {
  const on = (title: string, run: (bench: EngineBench<E>) => Promise<void>): Demand => ({
    title,
    run: async () => run(await EngineBench.of(subject)),
  });
  return [
    {
      title: 'passes the checks that a daemon makes before it runs a plugin',
      run: async () => void (await packageUnderTest(subject.folder)),
    },
    on('does the same on every member, in the same order', sameEverywhere),
    on('lets members that were apart agree again', healed),
    on('gives a node that starts what the others have', restarted),
    on('agrees whatever happens while it synchronises', unrest),
    on('goes on after requests that make no sense', hostileRequests),
    on('goes on after messages that make no sense', hostileMessages),
    on('leaves the ring when it is asked to', leaves),
    on('does the same again from the same seed', deterministic),
  ];
}

async function sameEverywhere<E extends object>(bench: EngineBench<E>): Promise<void> {
  const cluster = await bench.cluster({ nodes: 3 });
  const before = bench.agreed(cluster);
  for (let round = 0; round < 3; round++) await bench.change(cluster, 1, 2, 3);
  for (const id of [2, 1, 3]) await bench.change(cluster, id);
  assert.notDeepEqual(bench.agreed(cluster), before, 'what the programs asked for changed nothing');
  await bench.unharmed(cluster);
}

async function healed<E extends object>(bench: EngineBench<E>): Promise<void> {
  const cluster = await bench.cluster({ nodes: 5 });
  await bench.change(cluster, 1, 3);
  cluster.partition([1, 2], [3, 4, 5]);
  await bench.rest(cluster);
  await bench.change(cluster, 1, 3, 2);
  bench.agreed(cluster, [1, 2]);
  bench.agreed(cluster, [3, 4, 5]);
  cluster.heal();
  await bench.rest(cluster);
  bench.agreed(cluster);
  await bench.change(cluster, 1, 4);
  bench.agreed(cluster);
  await bench.unharmed(cluster);
}

async function restarted<E extends object>(bench: EngineBench<E>): Promise<void> {
  const cluster = await bench.cluster({ nodes: 3 });
  const empty = bench.agreed(cluster);
  await bench.change(cluster, 1, 2);
  for (const id of [3, 1]) {
    cluster.crash(id);
    await bench.rest(cluster);
    await bench.change(cluster, 2);
    cluster.start(id);
    await bench.rest(cluster);
    assert.notDeepEqual(bench.agreed(cluster), empty, 'what was agreed on is lost');
  }
  await bench.unharmed(cluster);
}

async function unrest<E extends object>(bench: EngineBench<E>): Promise<void> {
  for (let seed = 1; seed <= UNREST; seed++) {
    const cluster = await bench.cluster({ nodes: 4, seed });
    const random = new Prng(seed);
    for (let step = 0; step < 8; step++) {
      const { id } = random.pick(cluster.nodes);
      if (random.chance(0.2) && cluster.nodes.length > 1) cluster.crash(id);
      else if (random.chance(0.4)) cluster.partition([1, random.pick([2, 3])], [4, random.pick([2, 3])]);
      else cluster.heal();
      for (const down of cluster.ids)
        if (cluster.alive(down) === undefined && random.chance(0.5)) cluster.start(down);
      for (const node of cluster.nodes) bench.ask(cluster, node.id);
      await cluster.run(random.pick([20, 300, 1000, 2300, 2500, 3500]));
    }
    cluster.heal();
    for (const down of cluster.ids) if (cluster.alive(down) === undefined) cluster.start(down);
    await bench.rest(cluster);
    await bench.change(cluster, ...cluster.ids);
    bench.agreed(cluster);
    await bench.unharmed(cluster);
  }
}

async function hostileRequests<E extends object>(bench: EngineBench<E>): Promise<void> {
  const cluster = await bench.cluster({ nodes: 3 });
  const random = new Prng(1);
  for (const { id } of requestHandlers(bench.subject.engine)) {
    const program = cluster.node(1).connect(bench.identity.service);
    for (let n = 0; n < NONSENSE; n++) program.send(request(id, nonsense(random)));
    await cluster.run(1000);
    program.disconnect();
  }
  bench.agreed(cluster);
  await bench.change(cluster, 1, 2);
  bench.agreed(cluster);
  await bench.unharmed(cluster);
}

async function hostileMessages<E extends object>(bench: EngineBench<E>): Promise<void> {
  const cluster = await bench.cluster({ nodes: 3 }, new Map([[3, stranger(bench.identity)]]));
  const random = new Prng(1);
  const program = cluster.node(3).connect(bench.identity.service);
  for (const { fn } of deliveryHandlers(bench.subject.engine)) {
    for (let n = 0; n < NONSENSE; n++) program.request(0, Nonsense, { fn, bytes: nonsense(random) });
    await cluster.run(1000);
  }
  bench.agreed(cluster, [1, 2]);
  await bench.change(cluster, 1, 2);
  bench.agreed(cluster, [1, 2]);
  await bench.unharmed(cluster, [1, 2]);
}

async function leaves<E extends object>(bench: EngineBench<E>): Promise<void> {
  const cluster = await bench.cluster({ nodes: 3 });
  await bench.change(cluster, 1, 2, 3);
  const node = cluster.node(2);
  cluster.leave(2);
  assert.ok(await cluster.runUntil(() => !node.alive), 'it still runs a minute later');
  assert.deepEqual(node.ending?.kind, 'asked', node.ending?.reason);
  const harm = node.log.filter((line) => / threw: | did not stop: /.test(line));
  assert.deepEqual(harm, []);
  await bench.rest(cluster);
  await bench.change(cluster, 1, 3);
  bench.agreed(cluster);
}

/** Time and chance have to come from the ports Clock, Timers and Random. */
async function deterministic<E extends object>(bench: EngineBench<E>): Promise<void> {
  const traces: string[] = [];
  for (let run = 0; run < 2; run++) {
    // A bench of its own, so that the changes have the same numbers.
    const own = await EngineBench.of(bench.subject);
    const cluster = await own.cluster({ nodes: 3, seed: 7 });
    await own.change(cluster, 1, 2, 3);
    cluster.restart(1);
    await own.rest(cluster);
    await own.change(cluster, 3, 2, 1);
    traces.push(cluster.trace.text());
  }
  assert.equal(traces[1], traces[0], 'the same seed gave another run');
}

/** A request as a program puts it on the wire: id and length as corosync has them, then the body. */
function request(id: number, body: Uint8Array): Uint8Array {
  const frame = new Uint8Array(16 + body.length);
  const view = new DataView(frame.buffer);
  view.setInt32(0, id, true);
  view.setInt32(8, frame.length, true);
  frame.set(body, 16);
  return frame;
}

/** From all zero to all chance: what is mostly zero gets past the checks of lengths, and means something odd. */
function nonsense(random: Prng): Uint8Array {
  const density = random.pick([0, 0.02, 0.3, 1]);
  const length = random.below(LONGEST_NONSENSE);
  return Uint8Array.from({ length }, () => (random.chance(density) ? random.below(256) : 0));
}

const Nonsense = struct({ fn: u32, bytes: rest });

/** What goes by the engine's name on a node that sends the others whatever it likes. */
function stranger({ name, service }: EngineIdentity): Plugin {
  @ServiceEngine({ name, service })
  class Stranger {
    constructor(@inject(Cluster) private readonly cluster: Cluster) {}

    @Request(0, Nonsense, { flowControl: true, oneWay: true })
    say({ fn, bytes }: Infer<typeof Nonsense>): void {
      this.cluster.multicast(fn, raw, bytes);
    }
  }
  return definePlugin({ engines: [Stranger] });
}
