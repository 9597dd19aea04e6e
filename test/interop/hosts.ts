import { execFile, execFileSync } from 'node:child_process';
import { readlinkSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Endpoint, Network } from './network.js';
import { until } from './until.js';

const execute = promisify(execFile);

/** How long killed processes may take to be gone, in milliseconds. */
const END_PATIENCE = 10_000;

/** Networks made so far by this process. */
let networks = 0;

/**
 * Hosts for the nodes of one cluster: a network namespace each, plugged into a bridge that has a namespace of its
 * own, so that nothing of the machine's own network is touched. Addresses are 10.98.0.N for node N. Namespaces are
 * named cot<pid>n<network>h<node>: what a killed run has left behind is found by the pid and removed by the next run.
 */
export class Hosts implements Network {
  private readonly prefix = `cot${process.pid}n${networks++}h`;

  private constructor(private readonly nodes: readonly number[]) {}

  static async create(nodes: readonly number[]): Promise<Hosts> {
    await removeLeftOvers();
    const hosts = new Hosts(nodes);
    try {
      await hosts.build();
    } catch (error) {
      await hosts.dispose();
      throw error;
    }
    return hosts;
  }

  address(node: number): string {
    return `10.98.0.${node}`;
  }

  namespace(node: number): string {
    return `${this.prefix}${node}`;
  }

  seenBy(): readonly Endpoint[] {
    return this.nodes.map((node) => ({ address: this.address(node) }));
  }

  on(node: number, ...command: string[]): [string, ...string[]] {
    return ['setpriv', '--pdeathsig', 'KILL', 'ip', 'netns', 'exec', this.namespace(node), ...command];
  }

  beside(pid: number, ...command: string[]): [string, ...string[]] {
    return ['setpriv', '--pdeathsig', 'KILL', 'nsenter', '-m', '-n', '-t', `${pid}`, '--', ...command];
  }

  arrived(pid: number): boolean {
    return readlinkSync(`/proc/${pid}/ns/mnt`) !== readlinkSync('/proc/self/ns/mnt');
  }

  async partition(...sides: (readonly number[])[]): Promise<void> {
    await this.heal();
    for (const side of sides) {
      const others = this.nodes.filter((node) => !side.includes(node));
      for (const node of side) await this.refuse(node, others);
    }
  }

  /** Cuts the network between these two alone: others go on hearing both. */
  async cut(one: number, other: number): Promise<void> {
    await this.refuse(one, [other]);
    await this.refuse(other, [one]);
  }

  /** Ends everything that runs on a host at once, as if it had lost its power. */
  async powerOff(node: number): Promise<void> {
    await endAll(this.namespace(node));
  }

  async lose(node: number, share: number): Promise<void> {
    const match = ['-m', 'statistic', '--mode', 'random', '--probability', `${share}`];
    await this.iptables(node, '-A', 'INPUT', '-i', 'eth0', ...match, '-j', 'DROP');
  }

  async heal(): Promise<void> {
    await Promise.all(this.nodes.map((node) => this.iptables(node, '-F')));
  }

  async dispose(): Promise<void> {
    await Promise.all(
      namespaces()
        .filter((name) => name.startsWith(this.prefix))
        .map(remove),
    );
  }

  private async refuse(node: number, others: readonly number[]): Promise<void> {
    for (const other of others) {
      await this.iptables(node, '-A', 'INPUT', '-s', this.address(other), '-j', 'DROP');
    }
  }

  private async iptables(node: number, ...args: string[]): Promise<void> {
    await execute('ip', ['netns', 'exec', this.namespace(node), 'iptables', '-w', ...args]);
  }

  private async build(): Promise<void> {
    const bridge = `${this.prefix}b`;
    await ip('netns', 'add', bridge);
    await ip('-n', bridge, 'link', 'add', 'br0', 'type', 'bridge', 'mcast_snooping', '0');
    await ip('-n', bridge, 'link', 'set', 'br0', 'up');
    for (const node of this.nodes) {
      const name = this.namespace(node);
      await ip('netns', 'add', name);
      const port = `port${node}`;
      await ip('-n', bridge, 'link', 'add', port, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name);
      await ip('-n', bridge, 'link', 'set', port, 'master', 'br0', 'up');
      // A batch of datagrams is to leave the host as such, so that a recording shows each of them.
      await ip('-n', name, 'link', 'set', 'eth0', 'gso_max_segs', '1');
      await ip('-n', name, 'addr', 'add', `${this.address(node)}/24`, 'dev', 'eth0');
      await ip('-n', name, 'link', 'set', 'eth0', 'up');
      await ip('-n', name, 'link', 'set', 'lo', 'up');
      // No default route: what asks for a name's address fails at once instead of waiting for answers.
      await ip('-n', name, 'route', 'add', '224.0.0.0/4', 'dev', 'eth0');
    }
  }
}

async function ip(...args: string[]): Promise<void> {
  await execute('ip', args);
}

function namespaces(): string[] {
  const text = execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' });
  return text
    .split('\n')
    .map((row) => row.split(' ')[0]!)
    .filter((name) => /^cot\d+n\d+h/.test(name));
}

/** Removes the namespaces of runs that are no more. */
async function removeLeftOvers(): Promise<void> {
  for (const name of namespaces()) {
    const pid = Number(/^cot(\d+)n/.exec(name)![1]);
    // Another run may be at it too.
    if (!alive(pid)) await remove(name).catch(() => undefined);
  }
}

async function remove(name: string): Promise<void> {
  await endAll(name);
  await ip('netns', 'del', name);
}

/** Ends whatever runs in a namespace, and what that starts meanwhile. */
async function endAll(name: string): Promise<void> {
  await until(`end of all in ${name}`, END_PATIENCE, async () => {
    const { stdout } = await execute('ip', ['netns', 'pids', name]);
    const pids = stdout.split('\n').filter((row) => row !== '');
    for (const pid of pids) {
      try {
        process.kill(Number(pid), 'SIGKILL');
      } catch {
        // It has ended in the meantime.
      }
    }
    return pids.length === 0 ? undefined : `${pids.join()} still run`;
  });
}

function alive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
