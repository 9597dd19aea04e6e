import { fork, type ChildProcess } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Endpoint, Network } from '../interop/network.js';
import { SOUND, type Doors, type Fault, type Order } from './relay.js';

const ADDRESS = '127.0.0.1';
/** Ports for nodes, below those that the system gives to whoever asks for any: a share for each of several test processes. */
const PORTS = { first: 20_000, share: 1500, shares: 8 };
const ports = portsForNodes();

/** What stands in front of the command of a node's daemon. */
export type Prefix = (node: number) => readonly string[];

const none: Prefix = () => [];

/** Nodes on one address of this machine, a port each, with a relay between them: no privileges are needed. */
export class Loopback implements Network {
  /** Mutated packets that were sent until {@link everyWay} was called last. */
  forged = 0;
  private answer: ((forged: number) => void) | undefined;
  private readonly faults = new Map<string, Fault>();

  private constructor(
    private readonly doors: Doors,
    private readonly relay: ChildProcess | undefined,
    private readonly prefix: Prefix,
  ) {
    relay?.on('message', (forged: number) => this.answer?.(forged));
  }

  static async create(nodes: readonly number[], prefix: Prefix = none): Promise<Loopback> {
    const ports = await freePorts(nodes.length);
    const program = fileURLToPath(new URL('./relay.js', import.meta.url));
    const relay = fork(program, ports.map(String));
    const [doors] = (await once(relay, 'message')) as [Doors];
    return new Loopback(doors, relay, prefix);
  }

  /** Without a relay, for many nodes or to measure: there are no faults. */
  static async direct(nodes: readonly number[], prefix: Prefix = none): Promise<Loopback> {
    const ports = await freePorts(nodes.length);
    return new Loopback(
      nodes.map(() => ports),
      undefined,
      prefix,
    );
  }

  seenBy(node: number): readonly Endpoint[] {
    return this.doors[node - 1]!.map((port) => ({ address: ADDRESS, port }));
  }

  /** Where a node's daemon itself listens. */
  port(node: number): number {
    return this.doors[node - 1]![node - 1]!;
  }

  on(node: number, ...command: string[]): [string, ...string[]] {
    return ['setpriv', '--pdeathsig', 'KILL', ...this.prefix(node), ...command];
  }

  beside(_pid: number, ...command: string[]): [string, ...string[]] {
    return ['setpriv', '--pdeathsig', 'KILL', ...command];
  }

  arrived(): boolean {
    return true;
  }

  async partition(...sides: (readonly number[])[]): Promise<void> {
    await this.everyWay((from, to) =>
      sides.some((side) => side.includes(from) && side.includes(to)) ? {} : { cut: true },
    );
  }

  async lose(node: number, share: number): Promise<void> {
    await this.everyWay((_, to) => (to === node ? { loss: share } : undefined));
  }

  async heal(): Promise<void> {
    await this.everyWay(() => SOUND);
  }

  /** Adds to the faults of each way what `change` says; undefined: nothing. */
  async everyWay(change: (from: number, to: number) => Partial<Fault> | undefined): Promise<void> {
    const nodes = this.doors.map((_, i) => i + 1);
    for (const from of nodes) {
      for (const to of nodes) {
        const more = from === to ? undefined : change(from, to);
        if (more === undefined) continue;
        const fault = { ...(this.faults.get(`${from}-${to}`) ?? SOUND), ...more };
        this.faults.set(`${from}-${to}`, fault);
        await this.order({ from, to, fault });
      }
    }
  }

  async dispose(): Promise<void> {
    this.relay?.disconnect();
  }

  private async order(order: Order): Promise<void> {
    if (this.relay === undefined) throw new Error('there is no relay between these nodes');
    const answered = new Promise<number>((resolve) => (this.answer = resolve));
    this.relay.send(order);
    this.forged = await answered;
  }
}

/** UDP ports of 127.0.0.1 that are free, and that no other test gets. */
export async function freePorts(count: number): Promise<number[]> {
  const found: number[] = [];
  while (found.length < count) found.push((await ports.next()).value);
  return found;
}

/** Each port once: while the daemon of a node is down, anybody could open the node's port. */
async function* portsForNodes(): AsyncGenerator<number, never> {
  const first = await ownShare();
  // Every other one: the port below is left to multicast, which sends from there.
  for (let port = first + 2; port < first + PORTS.share - 1; port += 2) {
    const socket = await open(port);
    if (socket === undefined) continue;
    socket.close();
    yield port;
  }
  throw new Error('this process has given all its ports to nodes');
}

/** The first port of a share that no other test process has: its last one stays open as long as this process lives. */
async function ownShare(): Promise<number> {
  for (let n = 0; n < PORTS.shares; n++) {
    const first = PORTS.first + n * PORTS.share;
    const claim = await open(first + PORTS.share - 1);
    if (claim === undefined) continue;
    claim.unref();
    return first;
  }
  throw new Error('other test processes have all shares of the ports for nodes');
}

/** Undefined if somebody else has the port. */
function open(port: number): Promise<Socket | undefined> {
  const socket = createSocket('udp4');
  return new Promise((resolve) => {
    socket.once('error', () => {
      socket.close();
      resolve(undefined);
    });
    socket.bind({ port, address: ADDRESS, exclusive: true }, () => resolve(socket));
  });
}
