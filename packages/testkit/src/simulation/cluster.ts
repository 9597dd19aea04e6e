import type { Configuration } from '@coterie/core';
import type { NodeId } from '@coterie/sdk';
import { Coverage } from '../trace/coverage.js';
import { Trace } from '../trace/trace.js';
import { configure, type SectionSettings, type Settings } from './configuration.js';
import { SimulatedDisk, type RingIdDamage } from './disk.js';
import { SimulatedNetwork } from './network.js';
import { SimulatedNode } from './node.js';
import { classicPlugins, type SimulatedPlugin } from './plugins.js';
import { Prng } from './prng.js';
import { SimulatedProcess } from './process.js';
import { SimulatedPrograms } from './programs.js';
import { Schedule } from './schedule.js';
import { Socket } from './transport.js';

export interface ClusterOptions {
  /** How many, numbered from 1, or which. */
  readonly nodes: number | readonly NodeId[];
  /** Same seed, same run; 1 unless told. */
  readonly seed?: number;
  /**
   * In addition to cpg, confdb, quorum and votequorum. A function says what each node runs from its next start on:
   * other plugins or other versions of them.
   */
  readonly plugins?: readonly SimulatedPlugin[] | ((node: NodeId) => readonly SimulatedPlugin[]);
  /** Of corosync.conf, over the defaults: token 1000 ms, votequorum. */
  readonly config?: SectionSettings;
  /** What the monotonic clocks show at the start, milliseconds; 0 unless told. */
  readonly uptime?: number;
  /** What the numbers of every ring's messages and tokens begin behind, below 2^32; 0 unless told. The trace counts from 0. */
  readonly startSeq?: number;
}

/** Engines may use promises: so often, in virtual milliseconds, they get to run. */
const SETTLE_EVERY = 10;

/** A cluster in one process on virtual time. No node runs before it is started. */
export function cluster(options: ClusterOptions): SimulatedCluster {
  return new SimulatedCluster(options);
}

/** N unmodified executives over a simulated network, simulated disks and simulated clients, all from one seed. */
export class SimulatedCluster {
  readonly ids: readonly NodeId[];
  readonly random: Prng;
  readonly network: SimulatedNetwork;
  readonly trace: Trace;
  readonly coverage = new Coverage();
  readonly schedule = new Schedule();
  /** The lives that last. */
  private readonly running = new Map<NodeId, SimulatedNode>();
  private readonly lives = new Map<NodeId, number>();
  private readonly disks = new Map<NodeId, SimulatedDisk>();
  private readonly machines = new Map<NodeId, SimulatedPrograms>();
  private readonly sockets = new Map<NodeId, Socket>();
  private readonly plugins: (node: NodeId) => readonly SimulatedPlugin[];
  private readonly settings = new Map<NodeId, SectionSettings>();
  private readonly configurations = new Map<NodeId, Configuration>();
  private unsettled = false;
  private settledAt = 0;

  constructor(private readonly options: ClusterOptions) {
    const { nodes, seed = 1, plugins = [], config = {} } = options;
    this.ids = typeof nodes === 'number' ? Array.from({ length: nodes }, (_, i) => i + 1) : nodes;
    this.plugins = typeof plugins === 'function' ? plugins : () => plugins;
    for (const id of this.ids) this.settings.set(id, config);
    this.random = new Prng(seed);
    this.trace = new Trace(() => this.schedule.now);
    this.network = new SimulatedNetwork(this.schedule, this.random.fork(), this.ids, (to, bytes) =>
      this.sockets.get(to)?.receive(bytes),
    );
  }

  /** Virtual milliseconds since the beginning. */
  get now(): number {
    return this.schedule.now;
  }

  /** The nodes that are alive, in the order of their ids. */
  get nodes(): readonly SimulatedNode[] {
    return this.ids.flatMap((id) => this.alive(id) ?? []);
  }

  /** The life of a node that lasts. @throws RangeError if it is down */
  node(id: NodeId): SimulatedNode {
    const node = this.alive(id);
    if (node === undefined) throw new RangeError(`node ${id} is down`);
    return node;
  }

  alive(id: NodeId): SimulatedNode | undefined {
    const node = this.running.get(id);
    return node?.alive ? node : undefined;
  }

  disk(id: NodeId): SimulatedDisk {
    let disk = this.disks.get(id);
    if (disk === undefined) this.disks.set(id, (disk = new SimulatedDisk(id, this.random.fork())));
    return disk;
  }

  /** The programs of a node that engines can start; they outlive a crash of its daemon. */
  programs(id: NodeId): SimulatedPrograms {
    let programs = this.machines.get(id);
    if (programs === undefined) this.machines.set(id, (programs = new SimulatedPrograms(this.schedule, id)));
    return programs;
  }

  /** Starts a node that is down, all of them unless told which. */
  start(...ids: readonly NodeId[]): void {
    for (const id of ids.length > 0 ? ids : this.ids) this.startOne(id);
  }

  /** Only nodes of one group hear each other from now on; nodes of no group are alone. Finer cuts: {@link network}. */
  partition(...groups: readonly (readonly NodeId[])[]): void {
    this.note(`partition ${groups.map((group) => `[${group.join(' ')}]`).join(' ')}`);
    this.network.partition(...groups);
  }

  /** Takes back all cuts of the network. */
  heal(): void {
    this.note('heal');
    this.network.heal();
  }

  /** The node is gone without a word. */
  crash(id: NodeId): void {
    this.node(id).crash();
  }

  /** The node says goodbye and ends. */
  leave(id: NodeId): void {
    this.node(id).leave();
    this.unsettled = true;
  }

  /**
   * Crashes the node if it is up, does to the file with its ring sequence what `ringId` says, and starts it. After
   * damage a ring id may come again: checkers of delivery and membership have no say in such a run.
   */
  restart(id: NodeId, { ringId }: { readonly ringId?: RingIdDamage } = {}): void {
    this.alive(id)?.crash();
    if (ringId !== undefined) {
      this.note(`ring id of ${id} ${ringId}`);
      this.disk(id).damageRingId(ringId);
    }
    this.start(id);
  }

  /**
   * Nodes read a file with these settings over the former ones: all nodes, unless told which. Those that are down
   * read it when they start. @throws TypeError for what a running daemon would refuse
   */
  reload(settings: SectionSettings, ...ids: readonly NodeId[]): void {
    for (const id of ids.length > 0 ? ids : this.ids) {
      const merged: Record<string, Settings> = {};
      for (const [name, section] of [...Object.entries(this.settings.get(id)!), ...Object.entries(settings)])
        merged[name] = { ...merged[name], ...section };
      this.settings.set(id, merged);
      this.configurations.delete(id);
      this.alive(id)?.reload(this.configuration(id));
    }
  }

  /** Says in the trace what is being done to the cluster. */
  note(what: string): void {
    this.trace.record(0, 0, { kind: 'fault', what });
  }

  /** Lets virtual time pass. */
  async run(milliseconds: number): Promise<void> {
    const end = this.now + milliseconds;
    await this.runUntil(() => false, milliseconds, Infinity);
    this.schedule.now = end;
  }

  /**
   * Lets time pass until the condition holds; false if it does not within `limit` virtual milliseconds. The
   * condition is looked at whenever something has happened, but not more often than `every` milliseconds.
   */
  async runUntil(condition: () => boolean, limit = 60_000, every = 0): Promise<boolean> {
    const end = this.now + limit;
    await this.settle();
    for (let looked = -Infinity; ;) {
      if (this.now >= looked + every) {
        looked = this.now;
        if (condition()) return true;
      }
      if (this.schedule.next > end || !this.schedule.step()) return condition();
      if (this.unsettled || this.now >= this.settledAt + SETTLE_EVERY) await this.settle();
    }
  }

  /** Are all live nodes that can hear each other on one ring of exactly them, synchronised? */
  get stable(): boolean {
    // Asked after every event, and answered by one node in most cases.
    for (const { alive, synchronised, state } of this.running.values())
      if (alive && !(synchronised && state === 'operational')) return false;
    const { nodes, network } = this;
    return nodes.every(({ id: own, view }) => {
      if (view === undefined) return false;
      const peers = nodes.filter(({ id }) => network.connected(id, own) && network.connected(own, id));
      return (
        view.members.length === peers.length &&
        peers.every(({ id, view: theirs }, i) => {
          const same = theirs?.ring.sequence === view.ring.sequence;
          return same && theirs.ring.representative === view.ring.representative && view.members[i] === id;
        })
      );
    });
  }

  /** {@link runUntil} {@link stable}. @throws Error with the end of the trace if that does not come */
  async settled(limit = 60_000): Promise<void> {
    if (await this.runUntil(() => this.stable, limit)) return;
    const last = this.trace.text().split('\n').slice(-40).join('\n');
    throw new Error(`no common ring within ${limit} ms:\n${last}`);
  }

  private startOne(id: NodeId): void {
    if (this.alive(id) !== undefined) throw new RangeError(`node ${id} is up`);
    // Other plugins may have other sections.
    if (typeof this.options.plugins === 'function') this.configurations.delete(id);
    const life = (this.lives.get(id) ?? 0) + 1;
    this.lives.set(id, life);
    const process = new SimulatedProcess(this.schedule, this.options.uptime ?? 0);
    const socket = new Socket(id, process, this.network);
    this.sockets.set(id, socket);
    const node = new SimulatedNode({
      ...{ id, life, process, socket, plugins: this.pluginsOf(id), configuration: this.configuration(id) },
      disk: this.disk(id),
      programs: this.programs(id),
      startSeq: this.options.startSeq ?? 0,
      random: this.random.fork(),
      coverage: this.coverage,
      record: (happening) => {
        // The executive of a node that crashed may still end what it was about.
        if (process.alive || happening.kind === 'fail') this.trace.record(id, life, happening);
      },
    });
    this.running.set(id, node);
    node.start();
    this.unsettled = true;
  }

  private pluginsOf(id: NodeId): readonly SimulatedPlugin[] {
    return [...classicPlugins, ...this.plugins(id)];
  }

  private configuration(id: NodeId): Configuration {
    let configuration = this.configurations.get(id);
    if (configuration === undefined) {
      configuration = configure(id, this.ids, this.settings.get(id)!, this.pluginsOf(id));
      this.configurations.set(id, configuration);
    }
    return configuration;
  }

  /** Lets what waits for promises go on: virtual time stands still meanwhile. */
  private async settle(): Promise<void> {
    this.unsettled = false;
    this.settledAt = this.now;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
