import { spawn } from 'node:child_process';
import { Cluster } from './cluster.js';
import { Hosts } from './hosts.js';

const PATIENCE = 30_000;

/** What a program has done. */
export interface Outcome {
  /** Its exit status; negative if a signal ended it. */
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Two clusters of three configured alike, on networks of their own: one of corosync, one of coteried. */
export class Twins {
  private constructor(
    readonly corosync: Cluster,
    readonly coteried: Cluster,
  ) {}

  static async start(): Promise<Twins> {
    const of = async (kind: 'corosync' | 'coteried'): Promise<Cluster> => {
      const hosts = await Hosts.create([1, 2, 3]);
      const nodes = [kind, kind, kind];
      return Cluster.create({ transport: 'udpu', token: 1000, nodes, library: 'libcpg' }, hosts);
    };
    const twins = new Twins(await of('corosync'), await of('coteried'));
    try {
      await twins.each((cluster) => cluster.start(1, 2, 3));
      await twins.agree();
    } catch (error) {
      await twins.dispose();
      throw error;
    }
    return twins;
  }

  async agree(...ids: number[]): Promise<void> {
    await this.each((cluster) => cluster.agree(ids.length > 0 ? ids : [1, 2, 3], PATIENCE));
  }

  /** The results for corosync and for coteried. */
  async each<T>(act: (cluster: Cluster) => Promise<T>): Promise<[T, T]> {
    return Promise.all([act(this.corosync), act(this.coteried)]);
  }

  async dispose(): Promise<void> {
    await this.each((cluster) => cluster.dispose(false));
  }
}

/**
 * Runs a program where it reaches the daemon of a node.
 *
 * @param input what it reads
 */
export function runBeside(
  cluster: Cluster,
  node: number,
  command: readonly string[],
  input = '',
): Promise<Outcome> {
  const [file, ...args] = cluster.node(node).beside(...command);
  const child = spawn(file, args, { timeout: PATIENCE });
  child.stdin.on('error', () => undefined).end(input);
  const text = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].on('data', (chunk: Buffer) => (text[name] += chunk.toString('latin1')));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? -1, ...text }));
  });
}

export interface Following {
  /** All it has written so far. */
  readonly text: string;
  /** Lets it read this, or stops it. */
  end(input?: string): Promise<void>;
}

/** A program beside the daemon of a node that goes on until it is ended. */
export function following(cluster: Cluster, node: number, command: readonly string[]): Following {
  const [file, ...args] = cluster.node(node).beside(...command);
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
  child.stdin.on('error', () => undefined);
  return {
    get text() {
      return text;
    },
    end(input) {
      if (input === undefined) child.kill();
      else child.stdin.end(input);
      return ended;
    },
  };
}
