import { Cluster, type ClusterPlan } from '../interop/cluster.js';
import { boot } from '../interop/scenarios.js';
import { Loopback } from './loopback.js';

export interface RingPlan extends Pick<ClusterPlan, 'token' | 'project' | 'cpg' | 'sections'> {
  readonly nodes: number;
  /** `udpu` without it. */
  readonly transport?: string;
  /** As {@link Loopback.direct} has it; `folder` is the cluster's. */
  readonly prefix?: (node: number, folder: string) => readonly string[];
}

/** A ring for one test. */
export async function withRing(plan: RingPlan, test: (cluster: Cluster) => Promise<void>): Promise<void> {
  const cluster = await startRing(plan);
  let failed = true;
  try {
    await test(cluster);
    failed = false;
  } finally {
    await endRing(cluster, failed);
  }
}

/** A ring of all nodes planned. */
export async function startRing({
  nodes: count,
  prefix,
  transport = 'udpu',
  ...rest
}: RingPlan): Promise<Cluster> {
  const nodes = Array<'coteried'>(count).fill('coteried');
  const ids = nodes.map((_, i) => i + 1);
  const plan: ClusterPlan = { ...rest, transport, nodes };
  const network = await Loopback.direct(ids, (node) => prefix?.(node, cluster.folder) ?? []);
  const cluster: Cluster = Cluster.create(plan, network);
  try {
    await boot(ids, 0).run(cluster);
    return cluster;
  } catch (error) {
    await dispose(cluster, true);
    throw error;
  }
}

/**
 * Ends a ring, whose clients are not to have seen anything wrong. Where that or, as `failed` says, something else went
 * wrong its files stay.
 */
export async function endRing(cluster: Cluster, failed: boolean): Promise<void> {
  let keep = true;
  try {
    if (failed) return;
    cluster.mustBeRight();
    await cluster.mustHaveHeld();
    keep = false;
  } finally {
    await dispose(cluster, keep);
  }
}

async function dispose(cluster: Cluster, keep: boolean): Promise<void> {
  const folder = await cluster.dispose(keep);
  if (folder !== undefined) console.error(`See ${folder}`);
}
