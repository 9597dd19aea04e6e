import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NodeProcess, type NodePlace } from './node-process.js';
import { claim, workFolder } from './pointer.js';
import type { Ports } from './ports.js';

export const ADDRESS = '127.0.0.1';

/** How long a daemon may take to leave before it is killed. */
const PATIENCE = 4_000;

/** Several daemons on this machine, for one project: each a process with its own port, run folder and state. */
export class DevCluster {
  readonly configuration: string;
  readonly nodes: readonly NodeProcess[];
  private readonly runs: string;
  private readonly release: () => void;

  /**
   * Writes the configuration and claims the project; nothing runs yet.
   * @throws CoterieError COTERIE_E_DEV_RUNNING
   */
  constructor(
    project: string,
    private readonly ports: Ports,
    transport: string,
    died: (node: NodeProcess, how: string) => void,
  ) {
    const work = workFolder(project);
    // A socket's path may have about a hundred characters: the run folders cannot lie in the project.
    this.runs = mkdtempSync(join(tmpdir(), 'coterie-'));
    const places = ports.numbers.map((port, i): NodePlace => {
      const nodeId = i + 1;
      const own = join(work, `node-${nodeId}`);
      const runDir = join(this.runs, `${nodeId}`);
      return { nodeId, port, runDir, stateDir: join(own, 'state'), log: join(own, 'coteried.log') };
    });
    try {
      this.release = claim(project, {
        pid: process.pid,
        runs: this.runs,
        nodes: places.map(({ nodeId, runDir }) => ({ nodeId, runDir })),
      });
    } catch (error) {
      rmSync(this.runs, { recursive: true, force: true });
      throw error;
    }
    this.configuration = join(work, 'corosync.conf');
    for (const { log } of places) {
      mkdirSync(join(log, '..'), { recursive: true });
      rmSync(log, { force: true });
    }
    writeFileSync(this.configuration, corosyncConf(places, transport));
    this.nodes = places.map((place) => new NodeProcess(place, project, this.configuration, died));
  }

  start(): void {
    for (const node of this.nodes) node.start();
  }

  /** Every daemon leaves the ring and ends; nothing of the running cluster is left behind. */
  async stop(): Promise<void> {
    await Promise.all(this.nodes.map((node) => node.leave(PATIENCE)));
    this.release();
    this.ports.release();
    rmSync(this.runs, { recursive: true, force: true });
  }
}

function corosyncConf(places: readonly NodePlace[], transport: string): string {
  const nodes = places.map(
    ({ nodeId, port }) => `  node {
    nodeid: ${nodeId}
    name: node-${nodeId}
    ring0_addr: ${ADDRESS}
    # Coterie's own: several nodes on one address
    ring0_port: ${port}
  }
`,
  );
  return `# Written by "coterie dev" each time it starts.
totem {
  version: 2
  cluster_name: dev
  transport: ${transport}
  # Plaintext: nothing leaves this machine.
  crypto_cipher: none
  crypto_hash: none
  token: 1000
}
nodelist {
${nodes.join('')}}
quorum {
  provider: corosync_votequorum
}
logging {
  to_stderr: yes
  to_syslog: no
}
`;
}
