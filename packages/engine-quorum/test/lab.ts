import assert from 'node:assert/strict';
import {
  deliveryHandlers,
  requestHandlers,
  type Cluster,
  type Codec,
  type DatabaseValue,
  type Engine,
  type NodeId,
  type QuorumControl,
  type RingId,
  type SyncView,
} from '@coterie/sdk';
import { PrimaryComponent } from '../dist/primary.js';
import { QuorumEngine } from '../dist/quorum.js';
import { VotequorumEngine } from '../dist/votequorum.js';
import {
  FakeClient,
  FakeClients,
  FakeDatabase,
  FakeLogger,
  FakeNodelist,
  FakeStorage,
  FakeTimers,
} from './ports.js';

export interface Sent {
  readonly service: number;
  readonly fn: number;
  readonly from: NodeId;
  readonly body: DataView;
}

export interface Ring {
  readonly id: RingId;
  readonly members: readonly NodeId[];
  readonly queue: Sent[];
}

export interface LabOptions {
  /** Configured votes of nodes 1, 2, ... */
  readonly votes: readonly number[];
  readonly settings?: Readonly<Record<string, DatabaseValue>>;
  /** Default true. */
  readonly provider?: boolean;
  /** What the disk holds; default: nothing. */
  readonly storage?: FakeStorage;
}

/** One node with both engines on fake ports. */
export class LabNode {
  readonly database = new FakeDatabase();
  readonly logger = new FakeLogger();
  readonly timers = new FakeTimers();
  readonly storage: FakeStorage;
  readonly nodelist: FakeNodelist;
  readonly clients = { quorum: new FakeClients(), votequorum: new FakeClients() };
  readonly quorum: QuorumEngine;
  readonly votequorum: VotequorumEngine;
  ring: Ring | undefined;
  /** What the executive was told last; true as long as nobody told it. */
  quorate = true;
  full = false;
  /** Sent before the first ring. */
  private readonly early: Sent[] = [];
  private clientIds = 0;

  constructor(
    readonly nodeId: NodeId,
    { votes, settings = {}, provider = true, storage = new FakeStorage() }: LabOptions,
  ) {
    this.storage = storage;
    this.nodelist = new FakeNodelist(nodeId, votes);
    if (provider) this.database.set('quorum.provider', { type: 11, value: 'corosync_votequorum' });
    for (const [key, value] of Object.entries(settings)) this.database.set(`quorum.${key}`, value);
    const control: QuorumControl = {
      provide: (name) => provider && name === 'corosync_votequorum',
      set: (quorate) => void (this.quorate = quorate),
      provided: provider,
      reason: '',
      onSet: () => undefined,
    };
    const primary = new PrimaryComponent(control, this.logger);
    this.quorum = new QuorumEngine(this.cluster(3), this.clients.quorum, this.database, control, primary);
    this.votequorum = new VotequorumEngine(
      this.cluster(5),
      this.clients.votequorum,
      this.database,
      this.nodelist,
      this.storage,
      this.timers,
      this.logger,
      control,
      primary,
    );
  }

  start(): void {
    this.quorum.start();
    this.votequorum.start();
  }

  enter(ring: Ring): void {
    this.ring = ring;
    ring.queue.push(...this.early.splice(0));
  }

  connect(service: 'quorum' | 'votequorum'): FakeClient {
    const client = new FakeClient(++this.clientIds);
    this.clients[service].add(client);
    this[service].onConnect(client);
    return client;
  }

  /** A client's request: the codec's own bytes, as a frame would carry them. */
  request<T>(
    service: 'quorum' | 'votequorum',
    client: FakeClient,
    id: number,
    codec: Codec<T>,
    value: T,
  ): void {
    const body = encode(codec, value);
    this.rawRequest(service, client, id, body);
  }

  rawRequest(service: 'quorum' | 'votequorum', client: FakeClient, id: number, body: DataView): boolean {
    const engine = this[service];
    const handler = requestHandlers(engine.constructor as never).find((handler) => handler.id === id);
    assert.ok(handler, `request ${id}`);
    const decoded = handler.codec.decode(body, 0, body.byteLength);
    if (decoded.ok) call(engine, handler.method, decoded.value, client);
    return decoded.ok;
  }

  /** Hands a message to the engine as the executive would: bytes that the codec refuses are dropped. */
  deliver({ service, fn, from, body }: Sent): boolean {
    assert.equal(service, 5);
    if (!this.votequorum.active) return false;
    const handler = deliveryHandlers(VotequorumEngine).find((handler) => handler.fn === fn);
    if (!handler) return false;
    const decoded = handler.codec.decode(body, 0, body.byteLength);
    if (decoded.ok) call(this.votequorum, handler.method, decoded.value, from);
    return decoded.ok;
  }

  dump(): Dump {
    return this.votequorum.dump() as Dump;
  }

  private cluster(service: number): Cluster {
    return {
      nodeId: this.nodeId,
      view: { ring: { representative: this.nodeId, sequence: 0 }, members: [this.nodeId] },
      synchronising: false,
      quorate: true,
      wire: 1,
      multicast: (fn, codec, value) => {
        if (this.full) return false;
        (this.ring?.queue ?? this.early).push({ service, fn, from: this.nodeId, body: encode(codec, value) });
        return true;
      },
      room: () => !this.full,
      shutdown: () => assert.fail('shutdown'),
      onQuorum: () => () => undefined,
    };
  }
}

/** What the votequorum engine shows of itself. */
export interface Dump {
  readonly quorate: boolean;
  readonly reason: string;
  readonly quorum: number;
  readonly totalVotes: number;
  readonly highestExpected: number;
  readonly waitingForAll: boolean;
  readonly nodes: readonly {
    nodeId: number;
    state: number;
    votes: number;
    expectedVotes: number;
    flags: number;
  }[];
  readonly device: { name: string; votes: number };
}

/** Nodes 1, 2, ... on rings without a network: every message reaches all members in the same order. */
export class Lab {
  readonly nodes = new Map<NodeId, LabNode>();
  /** All that was delivered. */
  readonly delivered: Sent[] = [];
  private sequence = 1;

  constructor(private readonly options: LabOptions) {
    for (let id = 1; id <= options.votes.length; id++) this.boot(id);
  }

  node(id: NodeId): LabNode {
    const node = this.nodes.get(id);
    assert.ok(node, `node ${id}`);
    return node;
  }

  /** (Re)starts a node; it is in no ring then. */
  boot(id: NodeId, options: LabOptions = this.options): LabNode {
    const node = new LabNode(id, options);
    this.nodes.set(id, node);
    node.start();
    return node;
  }

  /** Forms one ring of each group and synchronises it. */
  form(...groups: (readonly NodeId[])[]): void {
    for (const group of groups) this.complete(this.install(group));
  }

  /** The ring exists, its engines are initialised. */
  install(members: readonly NodeId[]): Ring {
    const sorted = [...members].sort((a, b) => a - b);
    this.sequence += 4;
    const ring: Ring = {
      id: { representative: sorted[0]!, sequence: this.sequence },
      members: sorted,
      queue: [],
    };
    const before = new Map(sorted.map((id) => [id, this.node(id).ring]));
    for (const id of sorted) {
      const old = before.get(id);
      const transitional = sorted.filter((other) => other === id || (old && before.get(other) === old));
      const view: SyncView = { ring: ring.id, members: sorted, transitional };
      this.node(id).enter(ring);
      this.eachSync(id, (sync) => sync.init(view));
    }
    return ring;
  }

  /** Runs the synchronisation of an installed ring to its end. */
  complete(ring: Ring): void {
    for (const service of [3, 5]) {
      let left = ring.members.filter((id) => this.syncOf(id, service));
      for (let round = 0; left.length > 0; round++) {
        assert.ok(round < 10, `service ${service} does not get done`);
        left = left.filter((id) => this.syncOf(id, service)?.process() === 'again');
        this.run(ring);
      }
      for (const id of ring.members) this.syncOf(id, service)?.activate();
    }
    this.run(ring);
  }

  /** Delivers what was sent, until nothing is. */
  run(ring: Ring): void {
    for (let sent = ring.queue.shift(); sent; sent = ring.queue.shift()) {
      this.delivered.push(sent);
      for (const id of ring.members) this.node(id).deliver(sent);
    }
  }

  /** Delivers on every ring. */
  settle(): void {
    for (const { ring } of this.nodes.values()) if (ring) this.run(ring);
  }

  advance(milliseconds: number): void {
    for (const node of this.nodes.values()) node.timers.advance(milliseconds);
    this.settle();
  }

  quorate(): NodeId[] {
    return [...this.nodes.values()].filter((node) => node.quorate).map((node) => node.nodeId);
  }

  private syncOf(id: NodeId, service: number) {
    const node = this.node(id);
    if (service === 3) return node.quorum.sync;
    return node.votequorum.active ? node.votequorum.sync : undefined;
  }

  private eachSync(id: NodeId, step: (sync: NonNullable<Engine['sync']>) => void): void {
    for (const service of [3, 5]) {
      const sync = this.syncOf(id, service);
      if (sync) step(sync);
    }
  }
}

export function encode<T>(codec: Codec<T>, value: T): DataView {
  const view = new DataView(new ArrayBuffer(codec.size(value)));
  assert.equal(codec.encode(value, view, 0), view.byteLength);
  return view;
}

function call(engine: Engine, method: string | symbol, ...parameters: unknown[]): void {
  (engine as unknown as Record<string | symbol, (...parameters: unknown[]) => void>)[method]!(...parameters);
}
