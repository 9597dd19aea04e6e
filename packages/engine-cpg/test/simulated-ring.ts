import { strict as assert } from 'node:assert';
import {
  CsError,
  deliveryHandlers,
  requestHandlers,
  type Client,
  type Clients,
  type Cluster,
  type Codec,
  type NodeId,
  type RingId,
  type Timer,
  type View,
} from '@coterie/sdk';
import { ClientRequest, Join, Leave, McastRequest } from '../dist/client-messages.js';
import { CpgEngine } from '../dist/engine.js';
import { FakeClient, encode } from './fake-client.js';

const HEADER = 16;
type Handler = (value: unknown, other: unknown) => void;

/** A message of the engine, or the barrier that ends its part of synchronisation. */
type Sent = { readonly bytes: Uint8Array } | { readonly barrier: RingId };

/** One daemon, as far as the engine sees it. */
export class SimulatedNode {
  readonly clients = new Set<Client>();
  readonly engine: CpgEngine;
  view: View;
  synchronising = false;
  /** Messages that the send queue has room for. */
  room = Infinity;
  readonly counters = new Map<string, { value: number }>();
  /** Every engine message sent, as on the wire. */
  readonly sent: Uint8Array[] = [];

  /** As totempg has it: what is sent during synchronisation goes ahead of what waited before it. */
  private readonly normal: Sent[] = [];
  private readonly transitional: Sent[] = [];
  private pending = false;
  private step: 'process' | 'barrier' | 'done' = 'done';
  private readonly barriers = new Set<NodeId>();
  private readonly timers: (() => void)[] = [];

  constructor(readonly nodeId: NodeId) {
    this.view = { ring: { representative: nodeId, sequence: 0 }, members: [nodeId] };
    const cluster = this.cluster();
    const clients: Clients = {
      size: 0,
      dispatch: (id, codec, value, tail) => {
        for (const client of this.clients) client.dispatch(id, codec, value, tail);
      },
      [Symbol.iterator]: (): Iterator<Client> => this.clients.values(),
    };
    const counters = {
      counter: (name: string) => {
        const counter = this.counters.get(name) ?? { value: 0 };
        this.counters.set(name, counter);
        return counter;
      },
    };
    const timers = { timer: (expire: () => void) => this.timer(expire) };
    this.engine = new CpgEngine(cluster, clients, timers, counters, undefined);
  }

  get waiting(): number {
    return this.transitional.length + (this.synchronising ? 0 : this.normal.length);
  }

  get busy(): boolean {
    return this.synchronising || this.waiting > 0 || this.timers.length > 0;
  }

  connect(): FakeClient {
    const client = new FakeClient((gone) => this.detach(gone));
    this.attach(client);
    return client;
  }

  attach(client: Client): void {
    this.clients.add(client);
    this.engine.onConnect(client);
  }

  detach(client: Client): void {
    this.clients.delete(client);
    this.engine.onDisconnect(client);
  }

  /** Hands a request to the engine as the executive does; `busy` if that would hold it back. */
  handle(client: Client, id: number, body: Uint8Array): 'taken' | 'busy' {
    const handler = requestHandlers(CpgEngine).find((candidate) => candidate.id === id);
    assert.ok(handler, `request ${id}`);
    if (handler.flowControl && (this.synchronising || this.room <= 0)) return 'busy';
    const decoded = handler.codec.decode(
      new DataView(body.buffer, body.byteOffset, body.byteLength),
      0,
      body.length,
    );
    if (decoded.ok) this.method(handler.method)(decoded.value, client);
    else if (!handler.oneWay) client.respond(0, CsError.INVALID_PARAM);
    return 'taken';
  }

  /** The answer's error; `busy` if there was none yet; undefined if none is given. */
  request(client: FakeClient, id: number, body: Uint8Array): CsError | 'busy' | undefined {
    const answers = client.responses.length;
    if (this.handle(client, id, body) === 'busy') return 'busy';
    assert.equal(client.responses.length - answers, id === ClientRequest.MCAST ? 0 : 1);
    return client.responses[answers]?.error;
  }

  join(client: FakeClient, group: string, pid: number, flags = 0) {
    return this.request(client, 0, encode(Join, { group: nameBytes(group), pid, flags }));
  }

  leave(client: FakeClient, group: string, pid: number) {
    return this.request(client, 1, encode(Leave, { group: nameBytes(group), pid }));
  }

  mcast(client: FakeClient, text: string) {
    return this.request(client, 2, encode(McastRequest, { guarantee: 0, data: Buffer.from(text) }));
  }

  /** Hands a message to the engine as the executive does. */
  deliver(from: NodeId, bytes: Uint8Array): boolean {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const fn = view.getUint32(0, true) & 0xffff;
    const handler = deliveryHandlers(CpgEngine).find((candidate) => candidate.fn === fn);
    assert.ok(handler, `function ${fn}`);
    const decoded = handler.codec.decode(view, HEADER, bytes.length - HEADER);
    if (decoded.ok) this.method(handler.method)(decoded.value, from);
    return decoded.ok;
  }

  receive(from: NodeId, sent: Sent): void {
    if ('bytes' in sent) this.deliver(from, sent.bytes);
    else if (this.synchronising && sent.barrier.sequence === this.view.ring.sequence) {
      this.barriers.add(from);
      if (this.view.members.every((member) => this.barriers.has(member))) this.activate();
    }
  }

  install(view: View, transitional: readonly NodeId[]): void {
    if (this.pending) this.engine.sync.abort();
    this.view = view;
    this.synchronising = true;
    this.pending = true;
    this.step = 'process';
    this.barriers.clear();
    this.engine.sync.init({ ...view, transitional });
  }

  /** One visit of the token: a step of synchronisation, or one message. */
  token(): Sent | undefined {
    for (const expire of this.timers.splice(0)) expire();
    if (this.waiting === 0 && this.synchronising) this.synchronise();
    return this.transitional.shift() ?? (this.synchronising ? undefined : this.normal.shift());
  }

  /** A step sends one message: so lists and barriers of the members come in any order. */
  private synchronise(): void {
    if (this.step === 'process') {
      this.room = 1;
      if (this.engine.sync.process() === 'done') this.step = 'barrier';
      this.room = Infinity;
      if (this.waiting > 0) return;
    }
    if (this.step === 'barrier') {
      this.step = 'done';
      this.transitional.push({ barrier: this.view.ring });
    }
  }

  private activate(): void {
    this.pending = false;
    this.engine.sync.activate();
    this.synchronising = false;
  }

  private cluster(): Cluster {
    // eslint-disable-next-line @typescript-eslint/no-this-alias
    const node = this;
    return {
      nodeId: this.nodeId,
      get view() {
        return node.view;
      },
      get synchronising() {
        return node.synchronising;
      },
      quorate: true,
      wire: 1,
      room: () => node.room > 0,
      shutdown: (reason) => assert.fail(reason),
      onQuorum: () => () => undefined,
      multicast: (fn, codec, value, tail) => node.multicast(fn, codec, value, tail),
    };
  }

  private multicast<T>(fn: number, codec: Codec<T>, value: T, tail?: Uint8Array): boolean {
    if (this.room <= 0) return false;
    this.room--;
    const body = encode(codec, value, tail);
    const bytes = new Uint8Array(HEADER + body.length);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, (2 << 16) | fn, true);
    view.setInt32(8, bytes.length, true);
    bytes.set(body, HEADER);
    this.sent.push(bytes);
    (this.synchronising ? this.transitional : this.normal).push({ bytes });
    return true;
  }

  private timer(expire: () => void): Timer {
    const { timers } = this;
    return {
      start: () => {
        timers.splice(0, timers.length, ...timers.filter((other) => other !== expire), expire);
      },
      stop: () => {
        timers.splice(0, timers.length, ...timers.filter((other) => other !== expire));
      },
      get running() {
        return timers.includes(expire);
      },
    };
  }

  private method(name: string | symbol): Handler {
    return (this.engine as unknown as Record<string | symbol, Handler>)[name]!.bind(this.engine);
  }
}

/** Nodes in one or more rings, each with one order of messages. Nothing happens but what the test asks for. */
export class SimulatedRing {
  readonly nodes = new Map<NodeId, SimulatedNode>();
  /** Nodes that receive nothing. */
  readonly deaf = new Set<NodeId>();
  private sequence = 0;

  constructor(...nodeIds: NodeId[]) {
    for (const nodeId of nodeIds) this.start(nodeId);
    this.form(nodeIds);
    this.settle();
  }

  node(nodeId: NodeId): SimulatedNode {
    const node = this.nodes.get(nodeId);
    assert.ok(node, `node ${nodeId} is down`);
    return node;
  }

  start(nodeId: NodeId): SimulatedNode {
    const node = new SimulatedNode(nodeId);
    this.nodes.set(nodeId, node);
    return node;
  }

  /** The node ends without a word; form the rings of the others next. */
  kill(nodeId: NodeId): void {
    this.nodes.delete(nodeId);
  }

  /** Installs a ring of these members on each of them, synchronisation begins. */
  form(members: readonly NodeId[]): void {
    this.sequence += 4;
    const ring = { representative: Math.min(...members), sequence: this.sequence };
    const view = { ring, members: [...members].sort((a, b) => a - b) };
    const before = new Map(members.map((member) => [member, this.node(member).view.ring]));
    for (const member of members) {
      const own = before.get(member);
      const transitional = own?.sequence === 0 ? [] : members.filter((other) => before.get(other) === own);
      this.node(member).install(view, transitional);
    }
  }

  /** The token visits a node: one message at most, delivered on the whole ring. False if there was none. */
  visit(nodeId: NodeId): boolean {
    const node = this.node(nodeId);
    const sent = node.token();
    if (sent === undefined) return false;
    for (const member of node.view.members) {
      const other = this.nodes.get(member);
      if (other?.view.ring === node.view.ring && !this.deaf.has(member)) other.receive(nodeId, sent);
    }
    return true;
  }

  /** Until nobody has anything to send. */
  settle(): void {
    for (let turns = 0; [...this.nodes.values()].some((node) => node.busy); turns++) {
      assert.ok(turns < 100_000, 'the ring never settles');
      for (const nodeId of this.nodes.keys()) this.visit(nodeId);
    }
  }
}

/** `mar_cpg_name_t` as a request carries it. */
export function nameBytes(name: string): { length: number; value: Uint8Array } {
  const bytes = Buffer.from(name, 'latin1');
  const value = new Uint8Array(128);
  value.set(bytes.subarray(0, 128));
  return { length: bytes.length, value };
}
