import type { Cluster, Codec, Counter, EngineIdentity, Logger, NodeId } from '@coterie/sdk';
import type { Totem } from '@coterie/totem';
import type { HandlerWatch } from '../observe/handler-watch.js';
import type { ClusterState } from './cluster-state.js';
import { method, type Guard, type RunningEngine } from './engine.js';
import { FIRST_FOREIGN_SERVICE } from './services.js';
import type { Standing } from './standing.js';

/** Service header of a message: i32 id = service << 16 | fn at 0, i32 size at 8, the rest padding. */
export const MESSAGE_HEADER = 16;

/** corosync's services talk in group `a`. Real nodes index a table of 64 with what they hear there, unchecked. */
const CLASSIC_GROUP = 'a';
/** Services that corosync does not have: real nodes have not joined it and hear nothing. */
const FOREIGN_GROUP = 'coterie';

interface Route {
  readonly codec: Codec<unknown>;
  readonly deliver: (message: unknown, from: NodeId) => void;
  readonly received: Counter;
  readonly guard: Guard;
  readonly standing: Standing;
  readonly name: string;
}

/** Messages sent and received by function of a service, as corosync counts them. */
export interface Traffic {
  readonly service: string;
  readonly fn: number;
  readonly sent: Counter;
  readonly received: Counter;
}

/** The ring side of the engines: finds who handles a delivered message, and sends for them. */
export class EngineRouter {
  private readonly routes = new Map<number, Route>();
  private readonly services = new Set<number>();
  private readonly counted = new Map<number, Traffic>();
  /** Messages of all engines taken by the ring so far. */
  messagesSent = 0;
  /** Messages not handed to an engine, by reason. */
  readonly dropped = { short: 0, size: 0, service: 0, function: 0, held: 0, malformed: 0 };
  private totem: Totem | undefined;

  constructor(
    private readonly state: ClusterState,
    private readonly log: Logger,
    private readonly watch: HandlerWatch,
    private readonly shutdown: Cluster['shutdown'],
  ) {}

  add({ identity, engine, deliveries, guard, standing }: RunningEngine): void {
    this.services.add(identity.service);
    const route = (fn: number, codec: Codec<unknown>, deliver: Route['deliver'], name: string) => {
      const { received } = this.count(identity, fn);
      this.routes.set(messageId(identity.service, fn), { codec, deliver, received, guard, standing, name });
    };
    const { sync } = engine;
    for (const { fn, codec, method: name } of deliveries) {
      const handle = method(engine, name);
      const told: Route['deliver'] = (message, from) => {
        sync?.delivered?.();
        handle(message, from);
      };
      route(fn, codec, sync?.delivered ? told : handle, `delivery ${fn} (${String(name)})`);
    }
    for (const { fn, codec, deliver } of sync?.deliveries ?? [])
      route(fn, codec, deliver, `delivery ${fn} of synchronisation`);
  }

  /** Before the ring starts. */
  connect(totem: Totem): void {
    this.totem = totem;
    const deliver = this.deliver.bind(this);
    totem.join(CLASSIC_GROUP, (from, bytes, offset, length) => deliver(from, bytes, offset, length, false));
    totem.join(FOREIGN_GROUP, (from, bytes, offset, length) => deliver(from, bytes, offset, length, true));
  }

  traffic(): Iterable<Traffic> {
    return this.counted.values();
  }

  /** The ring as the engine with this identity sees it. */
  cluster(identity: EngineIdentity, standing: Standing): EngineCluster {
    return new EngineCluster(identity, standing, this.state, this, this.shutdown);
  }

  /** @internal for {@link EngineCluster} */
  send(identity: EngineIdentity, fn: number, header: Uint8Array, tail: Uint8Array | undefined): boolean {
    const sent =
      this.totem?.multicast(
        identity.service < FIRST_FOREIGN_SERVICE ? CLASSIC_GROUP : FOREIGN_GROUP,
        header,
        tail,
      ) ?? false;
    if (sent) {
      this.messagesSent++;
      this.count(identity, fn).sent.value++;
    }
    return sent;
  }

  /** @internal for {@link EngineCluster} */
  room(bytes: number): boolean {
    return this.totem?.room(bytes) ?? false;
  }

  private deliver(from: NodeId, bytes: DataView, offset: number, length: number, foreign: boolean): void {
    if (length < MESSAGE_HEADER) return this.drop('short', from, length);
    const id = bytes.getUint32(offset, true);
    if (bytes.getInt32(offset + 8, true) !== length) return this.drop('size', from, id);
    const route = this.routes.get(id);
    if (route === undefined) {
      return this.drop(this.services.has(id >>> 16) ? 'function' : 'service', from, id);
    }
    if (foreign !== id >>> 16 >= FIRST_FOREIGN_SERVICE) return this.drop('service', from, id);
    if (route.standing.held !== undefined) return this.drop('held', from, id);
    route.received.value++;
    const decoded = route.codec.decode(bytes, offset + MESSAGE_HEADER, length - MESSAGE_HEADER);
    if (!decoded.ok) return this.drop('malformed', from, id, decoded.reason);
    this.watch.begin();
    try {
      route.deliver(decoded.value, from);
    } catch (error) {
      route.guard.diverged(route.name, error);
    }
    this.watch.end(route.guard, route.name);
  }

  private drop(why: keyof EngineRouter['dropped'], from: NodeId, id: number, reason?: string): void {
    this.dropped[why]++;
    if (this.log.enabled('debug')) {
      this.log.debug(`dropped a message from node ${from}: ${reason ?? why}`, {
        service: id >>> 16,
        function: id & 0xffff,
      });
    }
  }

  private count(identity: EngineIdentity, fn: number): Traffic {
    const id = messageId(identity.service, fn);
    let traffic = this.counted.get(id);
    if (traffic === undefined) {
      traffic = { service: identity.name, fn, sent: { value: 0 }, received: { value: 0 } };
      this.counted.set(id, traffic);
    }
    return traffic;
  }
}

function messageId(service: number, fn: number): number {
  return ((service << 16) | fn) >>> 0;
}

/** The ring for one instance of an engine. */
export class EngineCluster implements Cluster {
  private scratch = new Uint8Array(4096);
  private scratchView = new DataView(this.scratch.buffer);
  /** The part of {@link scratch} that the message sent last took: most engines send one size again and again. */
  private header = this.scratch;
  /** What ends each listener to quorum. */
  private readonly listening = new Set<() => void>();

  constructor(
    private readonly identity: EngineIdentity,
    private readonly standing: Standing,
    private readonly state: ClusterState,
    private readonly router: EngineRouter,
    readonly shutdown: Cluster['shutdown'],
  ) {}

  get nodeId() {
    return this.state.nodeId;
  }

  get view() {
    return this.state.view;
  }

  get synchronising() {
    return this.state.synchronising;
  }

  get quorate() {
    return this.state.quorate;
  }

  get wire() {
    return this.standing.wire;
  }

  multicast<T>(fn: number, codec: Codec<T>, value: T, tail?: Uint8Array): boolean {
    if (this.standing.held !== undefined) return false;
    const length = MESSAGE_HEADER + codec.size(value);
    if (length > this.scratch.length) this.grow(length);
    this.scratchView.setUint32(0, messageId(this.identity.service, fn), true);
    this.scratchView.setInt32(8, length + (tail?.length ?? 0), true);
    codec.encode(value, this.scratchView, MESSAGE_HEADER);
    if (this.header.length !== length) this.header = this.scratch.subarray(0, length);
    return this.router.send(this.identity, fn, this.header, tail);
  }

  room(bytes: number): boolean {
    return this.router.room(bytes);
  }

  onQuorum(listener: (quorate: boolean) => void): () => void {
    const end = this.state.onQuorum(listener);
    this.listening.add(end);
    return () => {
      this.listening.delete(end);
      end();
    };
  }

  /** The instance hears nothing any more. */
  end(): void {
    for (const end of this.listening) end();
    this.listening.clear();
  }

  private grow(length: number): void {
    this.scratch = new Uint8Array(2 ** Math.ceil(Math.log2(length)));
    this.scratchView = new DataView(this.scratch.buffer);
    this.header = this.scratch;
  }
}
