import type { Cluster } from './cluster.js';
import { Stopwatch } from './stopwatch.js';
import { delay, until } from './until.js';

/** One chapter in the life of a cluster: it begins and ends with all nodes in one ring. */
export interface Scenario {
  readonly title: string;
  run(cluster: Cluster): Promise<void>;
}

/** How long a sound ring may take at most for anything but the failover itself, in milliseconds: nodes share processors. */
const patience = (cluster: Cluster): number => 20_000 + 3_000 * cluster.nodes.length;
/** A steady trickle: each client one message of so many bytes every so many microseconds. */
const LOAD = [2500, 20_000] as const;

const ids = (cluster: Cluster): number[] => cluster.nodes.map((node) => node.id);

const without = (cluster: Cluster, ...absent: readonly number[]): number[] =>
  ids(cluster).filter((id) => !absent.includes(id));

/** Boots nodes in this order, one every so many milliseconds. */
export function boot(order: readonly number[], apart: number): Scenario {
  return {
    title: `boots in the order ${order.join()}${apart === 0 ? ' at once' : ''}`,
    async run(cluster) {
      for (const id of order) {
        await cluster.start(id);
        await delay(apart);
      }
      await cluster.agree(ids(cluster), patience(cluster) + cluster.failover);
    },
  };
}

export const powerFailure: Scenario = {
  title: 'forms anew when all nodes are killed and started again, the highest first',
  async run(cluster) {
    await Promise.all(cluster.nodes.map((node) => node.kill()));
    await boot(ids(cluster).reverse(), 200).run(cluster);
  },
};

/** Each client sends so many messages of so many bytes. */
export function messages(sizes: readonly (readonly [size: number, count: number])[]): Scenario {
  const [smallest, largest] = [Math.min, Math.max].map((pick) => pick(...sizes.map(([size]) => size)));
  return {
    title: `delivers messages of ${smallest} to ${largest} bytes in all directions`,
    async run(cluster) {
      for (const [size, count] of sizes) await cluster.exchange(size, count);
    },
  };
}

export const traffic = messages([
  [300, 40],
  [1, 10],
  [64, 40],
  [1400, 40],
  [1455, 40],
  [1500, 40],
  [100_000, 10],
  [1_000_000, 3],
  [3_000_000, 1],
]);

/** @param which nodes; without it, all */
export function crash(which?: readonly number[]): Scenario {
  return {
    title: `goes on within token + consensus + 1 s when a node crashes, and takes it back, ${inTurn(which)}`,
    async run(cluster) {
      await underLoad(cluster, async () => {
        for (const id of which ?? ids(cluster)) {
          using watch = new Stopwatch();
          await cluster.node(id).kill();
          const others = without(cluster, id);
          const installed = await cluster.agree(others, patience(cluster) + cluster.failover);
          watch.mustBeWithin(cluster.failover, installed, `ring ${others.join()} after the crash of ${id}`);
          await comeBack(cluster, id);
        }
      });
    },
  };
}

export const crashes = crash();

/**
 * How often a real node has thrown a goodbye away because it came while a token made it empty its other socket
 * (totemsrp memb_leave, message_handler_memb_join): it waits for the token then.
 */
function discardedLeaves(cluster: Cluster): number {
  return cluster.nodes.reduce(
    (sum, node) => sum + node.log().split('Discarding LEAVE message').length - 1,
    0,
  );
}

/** @param which nodes; without it, all */
export function departure(which?: readonly number[]): Scenario {
  return {
    title: `does not wait for the token of a node that leaves, ${inTurn(which)}`,
    async run(cluster) {
      await underLoad(cluster, async () => {
        for (const id of which ?? ids(cluster)) {
          const discarded = discardedLeaves(cluster);
          using asked = new Stopwatch();
          await cluster.node(id).stop();
          using ended = new Stopwatch();
          const others = without(cluster, id);
          const installed = await cluster.agree(others, patience(cluster));
          const missed = discardedLeaves(cluster) > discarded ? cluster.failover : 0;
          // A real one may wait for its clients before it leaves.
          if (cluster.node(id).kind === 'coteried') {
            asked.mustBeWithin(
              1000 + missed,
              installed,
              `ring ${others.join()} after ${id} was asked to leave`,
            );
          }
          ended.mustBeWithin(
            cluster.token / 3 + missed,
            installed,
            `ring ${others.join()} after ${id} had left`,
          );
          await comeBack(cluster, id);
        }
      });
    },
  };
}

export const departures = departure();

/** cpg_reason_t */
const LEAVE = 2;
const PROCESS_DOWN = 5;

export const processes: Scenario = {
  title: 'sees processes leave the group and die, on each node in turn',
  async run(cluster) {
    for (const node of cluster.nodes) {
      for (const [end, reason] of [
        [() => node.client.leave(), LEAVE],
        [() => node.client.kill(), PROCESS_DOWN],
      ] as const) {
        const gone = node.client;
        const others = cluster.nodes.filter((other) => other !== node);
        end();
        await until(`everybody's hearing of ${gone.self}`, patience(cluster), () => {
          const deaf = others.find(({ client }) => !client.sawLeave(`${gone.self}:${reason}`));
          return deaf && `node ${deaf.id} saw last that ${deaf.client.view?.left.join()} left`;
        });
        if (reason === LEAVE) await gone.close();
        node.startClient();
        await cluster.agree(ids(cluster), patience(cluster));
      }
    }
  },
};

/** @param side the nodes that are cut off from the others */
export function partition(side: readonly number[], seconds: number): Scenario {
  return {
    title: `goes on in two parts for ${seconds} s, ${side.join()} apart, and merges within 5 s`,
    async run(cluster) {
      await underLoad(cluster, async () => {
        const others = without(cluster, ...side);
        await cluster.hosts.partition(side, others);
        const cut = Date.now();
        await cluster.agree(others, patience(cluster) + cluster.failover);
        await cluster.agree(side, patience(cluster) + cluster.failover);
        await delay(cut + 1000 * seconds - Date.now());
        using healed = new Stopwatch();
        await cluster.hosts.heal();
        const merged = await cluster.agree(ids(cluster), patience(cluster));
        healed.mustBeWithin(5000, merged, 'one ring after healing');
      });
    },
  };
}

export function loss(share: number, seconds: number): Scenario {
  return {
    title: `delivers everything with ${100 * share} % of all packets lost for ${seconds} s`,
    async run(cluster) {
      await underLoad(cluster, async () => {
        for (const id of ids(cluster)) await cluster.hosts.lose(id, share);
        await delay(1000 * seconds);
        await cluster.hosts.heal();
        await cluster.agree(ids(cluster), patience(cluster) + cluster.failover);
      });
    },
  };
}

/** @param tokens for how long, in token timeouts */
export function pause(paused: readonly number[], tokens: number): Scenario {
  return {
    title: `takes back node ${paused.join(', then ')} after it stood still for ${tokens} token timeouts`,
    async run(cluster) {
      await underLoad(cluster, async () => {
        for (const id of paused) {
          const { ring } = cluster.node(id).client;
          cluster.node(id).pause();
          await delay(tokens * cluster.token);
          cluster.node(id).resume();
          await until(`another ring for ${id}`, patience(cluster), () =>
            cluster.node(id).client.ring === ring ? `it is still in ${ring}` : undefined,
          );
          await cluster.agree(ids(cluster), patience(cluster) + cluster.failover);
        }
      });
    },
  };
}

function inTurn(which: readonly number[] | undefined): string {
  return which === undefined ? 'each node in turn' : `node ${which.join(', then ')}`;
}

async function comeBack(cluster: Cluster, id: number): Promise<void> {
  await cluster.start(id);
  await cluster.agree(ids(cluster), patience(cluster));
  cluster.node(id).client.send(...LOAD);
}

/** Clients send all the while, and everything they have sent gets delivered. */
async function underLoad(cluster: Cluster, trial: () => Promise<void>): Promise<void> {
  cluster.load(...LOAD);
  await trial();
  await cluster.quiet();
}
