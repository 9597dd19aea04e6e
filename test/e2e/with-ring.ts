import { Cluster, type ClusterPlan } from '../interop/cluster.js';
import { boot } from '../interop/scenarios.js';
import { Loopback } from './loopback.js';

export interface RingPlan extends Pick<ClusterPlan, 'token' | 'project' | 'cpg' | 'sections'> {
  readonly nodes: number;
  /** As {@link Loopback.direct} has it; `folder` is the cluster's. */
  readonly prefix?: (node: number, folder: string) => readonly string[];
}

/** A ring for one test, whose clients are not to have seen anything wrong in the end. Where it fails its files stay. */
export async function withRing(
  { nodes: count, prefix, ...rest }: RingPlan,
  test: (cluster: Cluster) => Promise<void>,
): Promise<void> {
  const nodes = Array<'coteried'>(count).fill('coteried');
  const ids = nodes.map((_, i) => i + 1);
  const plan: ClusterPlan = { transport: 'udpu', nodes, ...rest };
  const network = await Loopback.direct(ids, (node) => prefix?.(node, cluster.folder) ?? []);
  const cluster: Cluster = Cluster.create(plan, network);
  let failed = true;
  try {
    await boot(ids, 0).run(cluster);
    await test(cluster);
    cluster.mustBeRight();
    await cluster.mustHaveHeld();
    failed = false;
  } finally {
    const folder = await cluster.dispose(failed);
    if (folder !== undefined) console.error(`See ${folder}`);
  }
}
