import { Cluster } from '../interop/cluster.js';
import { until } from '../interop/until.js';

export const everyone = [1, 2, 3];

/** How much longer than elsewhere anything may take: the machine is emulated, and may have to share its processors. */
export const SLOWNESS = 12;
/** Milliseconds for anything that is not a question of speed. */
export const PATIENCE = 300_000;

/** Three daemons with this transport. */
export function plan(transport: 'iba' | 'udpu') {
  return { transport, nodes: Array<'coteried'>(3).fill('coteried'), token: 3000, slowness: SLOWNESS };
}

export function others(...nodes: readonly number[]): number[] {
  return everyone.filter((node) => !nodes.includes(node));
}

export function agree(cluster: Cluster, ...nodes: readonly number[]): Promise<number> {
  return cluster.agree(nodes, PATIENCE);
}

/** Returns once the clients of these nodes are connected. */
export async function start(cluster: Cluster, ...nodes: readonly number[]): Promise<void> {
  await cluster.start(...nodes);
  await until(`the start of ${nodes.join()}`, PATIENCE, () => {
    const late = nodes.map((node) => cluster.node(node)).find(({ client }) => client.self === '');
    return late && `the client of node ${late.id} is not connected`;
  });
}
