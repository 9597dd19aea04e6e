import type { Cluster } from './cluster.js';
import type { Scenario } from './scenarios.js';
import { delay } from './until.js';

/** Milliseconds that a sound ring may take to come together after all this, besides the failover. */
const PATIENCE = 60_000;
/** Bytes of a message, and microseconds to the next one of the same client. */
const LOAD = [2500, 20_000] as const;

/**
 * Faults of all kinds at short intervals, one on top of the other: nobody waits for the ring to come together in
 * between. Then all is healed, and it has to.
 *
 * @param seed of the choices; what the daemons make of them depends on the moment all the same
 */
export function storm(seconds: number, seed: number): Scenario {
  return {
    title: `comes together after ${seconds} s of faults one on top of the other (seed ${seed})`,
    async run(cluster) {
      const random = generator(seed);
      const end = Date.now() + 1000 * seconds;
      cluster.load(...LOAD);
      while (Date.now() < end) {
        await strike(cluster, random);
        await delay(random() * 2 * cluster.token);
      }
      await cluster.hosts.heal();
      for (const node of cluster.nodes) {
        if (node.running) node.resume();
        else await start(cluster, node.id);
      }
      await cluster.agree(
        cluster.nodes.map((node) => node.id),
        PATIENCE + cluster.failover,
      );
      await cluster.quiet();
    },
  };
}

/** One fault, or the end of one. */
async function strike(cluster: Cluster, random: () => number): Promise<void> {
  const node = cluster.nodes[Math.floor(random() * cluster.nodes.length)]!;
  const kind = Math.floor(random() * 8);
  if (!node.running) return start(cluster, node.id);
  switch (kind) {
    case 0:
      return node.kill();
    case 1:
      // One that stands still cannot leave.
      node.resume();
      return node.stop();
    case 2:
      return node.pause();
    case 3:
      return node.resume();
    case 4:
      return cluster.hosts.lose(node.id, 0.5 * random());
    case 5:
      return cluster.hosts.partition(...sides(cluster, random));
    default:
      for (const one of cluster.nodes) one.resume();
      return cluster.hosts.heal();
  }
}

async function start(cluster: Cluster, id: number): Promise<void> {
  await cluster.start(id);
  cluster.node(id).client.send(...LOAD);
}

function sides(cluster: Cluster, random: () => number): [number[], number[]] {
  const all = cluster.nodes.map((node) => node.id);
  const one = all.filter(() => random() < 0.5);
  return [one, all.filter((id) => !one.includes(id))];
}

/** Numbers from 0 up to 1: the generator mulberry32. */
function generator(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
