import { defaultRunDir } from '@coterie/sdk/client';
import { CoterieError } from '@coterie/sdk';
import { runningCluster } from './dev/pointer.js';

export interface DaemonChoice {
  readonly runDir?: string | undefined;
  /** Node id in the development cluster. */
  readonly node?: number | undefined;
}

/**
 * The run folder of the daemon to talk to: the one named; else $COTERIE_RUN_DIR; else that of a node of the
 * development cluster which runs for the project around `from`; else the machine's own.
 * @throws CoterieError COTERIE_E_USAGE
 */
export function runDirOf({ runDir, node }: DaemonChoice, from: string): string {
  if (runDir !== undefined) return runDir;
  if (node === undefined && process.env['COTERIE_RUN_DIR']) return process.env['COTERIE_RUN_DIR'];
  const cluster = runningCluster(from);
  if (node === undefined) return cluster?.nodes[0]?.runDir ?? defaultRunDir();
  const chosen = cluster?.nodes.find(({ nodeId }) => nodeId === node);
  if (chosen) return chosen.runDir;
  throw new CoterieError(
    'COTERIE_E_USAGE',
    cluster
      ? `the development cluster has no node ${node}: it has ${cluster.nodes.map(({ nodeId }) => nodeId).join(', ')}`
      : `--node picks a node of a development cluster, and none runs for ${from}: start one with "coterie dev"`,
  );
}
