import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkRecorded } from '@coterie/testkit';
import { check } from './checker.js';
import { corosyncConf } from './corosync-conf.js';
import type { Network } from './network.js';
import { ClusterNode, CoterieNode, RealNode, project } from './nodes.js';
import type { TrafficClient } from './traffic-client.js';
import { until } from './until.js';

export interface ClusterPlan {
  /** `udp` or `udpu` where a corosync takes part. */
  readonly transport: string;
  /** The token timeout in milliseconds; corosync's default without it. */
  readonly token?: number;
  /** How many times longer than elsewhere programs may take to start, to end and to get messages: an emulated machine. */
  readonly slowness?: number;
  /** What runs on nodes 1, 2, 3 ... */
  readonly nodes: readonly ('corosync' | 'coteried')[];
  /** Whose library the traffic clients of coteried use; our own without it. */
  readonly library?: 'libcpg';
  /** Who decides about quorum; corosync_votequorum without it. */
  readonly provider?: string;
  /** Address of the corosync-qnetd that the nodes are to ask where they are two halves. */
  readonly qnetd?: string;
  /**
   * Of which folders of the machine a node has its own, besides those every daemon needs: names of the place in the
   * node's folder, and the path that it is for the node and what runs beside it.
   */
  readonly own?: Readonly<Record<string, string>>;
  /** The folder whose package.json says what the coteried of a node runs; this repository without it. */
  readonly project?: (node: number) => string;
  /** URL of the module whose CpgClient our own traffic clients use; that of engine-cpg without it. */
  readonly cpg?: string;
  /** What else stands in corosync.conf. */
  readonly sections?: string;
}

/** Our C client, which was compiled once for this run. */
let trafficProgram: string | undefined;

/** A ring of daemons on a network of their own, with a traffic client beside each. */
export class Cluster {
  readonly nodes: readonly ClusterNode[];
  /** Milliseconds without a token after which a node takes the ring for broken. */
  readonly token: number;
  private readonly slowness: number;

  private constructor(
    readonly plan: ClusterPlan,
    readonly hosts: Network,
    /** Of all its files. */
    readonly folder: string,
  ) {
    this.slowness = plan.slowness ?? 1;
    this.token = plan.token ?? 3000 + 650 * Math.max(0, plan.nodes.length - 2);
    this.nodes = plan.nodes.map((kind, i) => {
      const own = join(folder, `${i + 1}`);
      mkdirSync(own);
      const configuration = join(own, 'corosync.conf');
      // There may be hosts with other tasks.
      const endpoints = hosts.seenBy(i + 1).slice(0, plan.nodes.length);
      writeFileSync(configuration, corosyncConf(plan, endpoints, join(own, 'state')));
      const installed = { project: plan.project?.(i + 1) ?? project, cpg: plan.cpg };
      const { slowness } = this;
      const place = {
        id: i + 1,
        hosts,
        folder: own,
        configuration,
        own: plan.own ?? {},
        slowness,
        ...installed,
      };
      return kind === 'corosync'
        ? new RealNode(place, trafficProgram!)
        : new CoterieNode(place, plan.library && trafficProgram);
    });
  }

  /** @param hosts of at least as many nodes as are planned */
  static create(plan: ClusterPlan, hosts: Network): Cluster {
    if (plan.nodes.includes('corosync') || plan.library) trafficProgram ??= compileTraffic();
    return new Cluster(plan, hosts, mkdtempSync(join(tmpdir(), 'coterie-ring-of-daemons-')));
  }

  /** How long a node may take, in milliseconds, to be in a new synchronised ring after another one has crashed. */
  get failover(): number {
    return 2.2 * this.token + 1000;
  }

  node(id: number): ClusterNode {
    return this.nodes[id - 1]!;
  }

  get running(): readonly ClusterNode[] {
    return this.nodes.filter((node) => node.running);
  }

  async start(...ids: readonly number[]): Promise<void> {
    await Promise.all(ids.map((id) => this.node(id).start()));
  }

  /**
   * Waits until these nodes are one ring and find so in every respect: ring, members, quorum, processes of the
   * group, groups of the daemon.
   *
   * @returns when the last of them had installed and synchronised that ring, in milliseconds of the wall clock
   */
  async agree(ids: readonly number[], patience: number): Promise<number> {
    const nodes = ids.map((id) => this.node(id));
    const quorate = 2 * nodes.length > this.nodes.length;
    await until(`agreement of ${ids.join()}`, patience, async () => {
      this.mustBeSound();
      return (
        disagreement(nodes, quorate) ??
        (await disagreementOfGroups(nodes, this.slowness)) ??
        disagreement(nodes, quorate)
      );
    });
    const { ring } = nodes[0]!.client;
    const installed = nodes.map(
      ({ client }) =>
        client.lines.find(
          (line) => line.kind === 'quorum' && line.ring === ring && line.members.length === ids.length,
        )!.at,
    );
    return Math.max(...installed);
  }

  /** Every client sends, see {@link TrafficClient.send}, until told to stop. */
  load(size: number, interval: number): void {
    for (const { client } of this.running) if (client.joined) client.send(size, interval);
  }

  /** Every client sends so many messages; returns once all have got all of them. */
  async exchange(size: number, count: number, patience = 60_000): Promise<void> {
    for (const { client } of this.running) client.send(size, 0, count);
    await this.drain(patience);
  }

  /** Ends the load and waits until everybody has got all there is to get. */
  async quiet(): Promise<void> {
    for (const { client } of this.running) if (client.sending) client.stopSending();
    await this.exchange(300, 1, 60_000 * this.slowness);
  }

  /**
   * Lets our own daemons leave, and checks what they wrote down of the ring: real nodes write nothing.
   *
   * @throws the properties of extended virtual synchrony that did not hold
   */
  async mustHaveHeld(): Promise<void> {
    const ours = this.nodes.filter((node) => node instanceof CoterieNode);
    const running = ours.filter((node) => node.running);
    for (const node of running) node.resume();
    await Promise.all(running.map((node) => node.stop()));
    if (ours.length === 0) return;
    const { violations, events, nodes } = checkRecorded(ours.map(({ traceFile }) => traceFile));
    const told = violations.map(({ property, message, window }) =>
      [`${property}: ${message}`, ...window].join('\n'),
    );
    if (told.length > 0)
      throw new Error(`the traces show what must not be\n${told.slice(0, 5).join('\n\n')}`);
    if (nodes.length !== ours.length || events === 0)
      throw new Error(`${events} events of nodes ${nodes.join(' ')}`);
  }

  /**
   * The verdict on everything since the start.
   *
   * @throws what is wrong with it
   */
  mustBeRight(): void {
    this.mustBeSound();
    const logs = this.nodes.flatMap((node) =>
      node.clients.map((client) => ({
        self: client.self,
        lines: client.lines,
        alive: node.running && client === node.client,
        kind: node.kind,
      })),
    );
    const problems = check(logs);
    for (const { id, kind } of this.nodes) {
      const assert = /^.*\bassert(ion)?\b.*$/im.exec(this.node(id).log());
      if (assert !== null) problems.push(`node ${id} (${kind}): ${assert[0]}`);
    }
    if (problems.length > 0) throw new Error(problems.slice(0, 20).join('\n'));
  }

  /** Ends everything. What the daemons and clients wrote is kept where `keep` says so, and its place returned. */
  async dispose(keep: boolean): Promise<string | undefined> {
    for (const node of this.nodes) {
      for (const client of node.clients) client.kill();
      await node.kill();
    }
    await this.hosts.dispose();
    if (!keep) {
      rmSync(this.folder, { recursive: true, force: true });
      return undefined;
    }
    for (const node of this.nodes) {
      node.clients.forEach((client, i) => {
        const text = client.lines.map((line) => JSON.stringify(line)).join('\n');
        writeFileSync(join(this.folder, `${node.id}`, `client-${i}.log`), text);
      });
    }
    return this.folder;
  }

  private mustBeSound(): void {
    const crashes = this.nodes.map((node) => node.crash).filter((crash) => crash !== undefined);
    if (crashes.length > 0) throw new Error(crashes.join('\n'));
  }

  private async drain(patience: number): Promise<void> {
    const clients = this.running.map((node) => node.client);
    await until('delivery of everything', patience, () => {
      this.mustBeSound();
      const busy = clients.find((client) => client.sending);
      if (busy !== undefined) return `${busy.self} still sends`;
      for (const sender of clients) {
        const lacking = clients.find((client) => !hasLast(client, sender));
        if (lacking !== undefined) return `${lacking.self} lacks messages of ${sender.self}`;
      }
      return undefined;
    });
  }
}

/** Has the client got the last message that the sender has sent? */
function hasLast(client: TrafficClient, sender: TrafficClient): boolean {
  const last = client.last.get(sender.self);
  return last !== undefined && (last.counter ^ (sender.sent - 1)) % 2 ** (8 * Math.min(last.size, 4)) === 0;
}

/** In what these nodes are not yet one ring. */
function disagreement(nodes: readonly ClusterNode[], quorate: boolean): string | undefined {
  const ids = nodes.map((node) => node.id).join();
  const members = nodes.map((node) => node.client.self);
  const { ring } = nodes[0]!.client;
  for (const { id, client } of nodes) {
    const { quorum, view } = client;
    if (client.over !== undefined) return `the client of node ${id} has ended: ${client.over}`;
    if (quorum?.members.join() !== ids) return `node ${id} has members ${quorum?.members.join()}`;
    if (quorum.quorate !== quorate) return `node ${id} is ${quorate ? 'in' : ''}quorate`;
    if (quorum.ring !== ring || client.ring !== ring) {
      return `node ${id} is in ring ${quorum.ring} for quorum, ${client.ring} for groups, node ${nodes[0]!.id} in ${ring}`;
    }
    const absent = members.filter((member) => !view?.members.includes(member));
    if (absent.length > 0 || view?.members.length !== members.length) {
      return `node ${id} has processes ${view?.members.join()} in its group instead of ${members.join()}`;
    }
  }
  return undefined;
}

/** Asks the daemons themselves who is in their groups. */
async function disagreementOfGroups(
  nodes: readonly ClusterNode[],
  slowness: number,
): Promise<string | undefined> {
  const expected = nodes.map(({ client }) => `interop/${client.self}`).sort();
  for (const { client } of nodes) client.askGroups();
  try {
    await until('groups', 2000 * slowness, () => {
      const silent = nodes.find(({ client }) => client.groups === undefined);
      return silent && `node ${silent.id} does not answer`;
    });
  } catch (error) {
    return (error as Error).message;
  }
  // Other programs have groups of their own.
  const known = nodes.map(({ id, client }) => ({
    id,
    processes: client.groups?.filter((each) => each.startsWith('interop/')).join(),
  }));
  const other = known.find(({ processes }) => processes !== expected.join());
  return other && `node ${other.id} knows the processes ${other.processes} instead of ${expected.join()}`;
}

function compileTraffic(): string {
  const source = fileURLToPath(new URL('../../clients/cpg-traffic.c', import.meta.url));
  const program = join(mkdtempSync(join(tmpdir(), 'coterie-clients-')), 'cpg-traffic');
  execFileSync('gcc', ['-O1', '-Wall', '-o', program, source, '-lcpg', '-lquorum']);
  process.once('exit', () => rmSync(join(program, '..'), { recursive: true, force: true }));
  return program;
}
