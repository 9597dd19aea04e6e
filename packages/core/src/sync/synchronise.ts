import { formatRing, sameRing, type Logger, type NodeId, type RingId, type SyncView } from '@coterie/sdk';
import type { Configuration, Totem } from '@coterie/totem';
import type { RunningEngine } from '../routing/engine.js';
import { FIRST_FOREIGN_SERVICE } from '../routing/services.js';
import type { Standing } from '../routing/standing.js';
import { decodeSync, encodeBarrier, encodeServices, encodeWire, type WireOffers } from './messages.js';
import { ServiceList, type Participant } from './service-list.js';
import { agreeOnWire, type WireOffer } from './wire.js';

const SYNC_GROUP = 'sync';
/** As {@link SYNC_GROUP}, among the nodes that run services which corosync does not have. */
const FOREIGN_SYNC_GROUP = 'coterie-sync';

/**
 * Stands for all of those services in the list that real corosync nodes see: they take a number below 64
 * that they do not know for a service without work and send their barrier at once, but would look up a larger one
 * beyond the end of a table. While this number is current, Coterie nodes go through their own list, and only
 * then send their barrier. So the round ends at the same message on every node, real ones included, as the
 * switch of the send queues at its end requires.
 */
const FOREIGN_GATE = 63;

/** What a service does that nobody here has. */
const DUMMY: Participant = { process: () => 'done', activate: () => undefined };

/** The services named by the members of a list, as their messages come in. */
class Announcements {
  private readonly services = new Map<NodeId, readonly number[]>();

  add(from: NodeId, services: readonly number[]): void {
    this.services.set(from, services);
  }

  fromAll(members: readonly NodeId[]): boolean {
    return members.every((member) => this.services.has(member));
  }

  /** The members that named `service`. */
  naming(members: readonly NodeId[], service: number): NodeId[] {
    return members.filter((member) => this.services.get(member)?.includes(service));
  }

  /** The services of all `members`, ascending, each once. */
  union(members: readonly NodeId[]): number[] {
    const all = new Set(members.flatMap((member) => this.services.get(member) ?? []));
    return [...all].sort((a, b) => a - b);
  }
}

/** What members can speak, by node. */
class Offers {
  private readonly all = new Map<NodeId, WireOffers>();

  add(from: NodeId, offers: WireOffers): void {
    this.all.set(from, offers);
  }

  /** Of those `members` that run the service, in their order. */
  of(service: number, members: readonly NodeId[]): Map<NodeId, WireOffer> {
    const found = new Map<NodeId, WireOffer>();
    for (const member of members) {
      const range = this.all.get(member)?.get(service);
      if (range !== undefined) found.set(member, range);
    }
    return found;
  }
}

/** What happens between one regular configuration and the completion of its synchronisation or the next change. */
class Round {
  readonly classic = new Announcements();
  readonly foreign = new Announcements();
  readonly offers = new Offers();
  list: ServiceList | undefined;
  foreignList: ServiceList | undefined;
  /** Initialised with this view, not yet activated. */
  readonly pending = new Map<RunningEngine, SyncView>();
  /** Those that the others know of from this node. */
  readonly offered = new Set<Standing>();
  /** By service that corosync does not have: the members whose engines take part. */
  readonly speakers = new Map<number, readonly NodeId[]>();

  constructor(
    readonly ring: RingId,
    readonly members: readonly NodeId[],
  ) {}
}

/**
 * Makes the engines of all members agree again after each change of the ring (corosync: exec/sync.c): every
 * member names its services, then the union is worked through with a barrier behind each.
 */
export class Synchronisation {
  /** Engines with something to synchronise, and those that corosync does not have, each in the order of their numbers. */
  private readonly synchronised: readonly RunningEngine[];
  private readonly foreign: readonly RunningEngine[];
  /** By service that corosync does not have: who took part when it was activated last. The others missed something. */
  private readonly along = new Map<number, readonly NodeId[]>();
  private totem: Totem | undefined;
  private transitional: readonly NodeId[] = [];
  private round: Round | undefined;
  /** Messages that found no room in the send queue, oldest first. */
  private unsent: { group: string; bytes: Uint8Array }[] = [];
  /** Messages ignored: of another ring, from strangers or malformed. */
  readonly ignored = { ring: 0, sender: 0, malformed: 0 };

  /**
   * @param completed the round is over, clients may send
   * @param stoodAside what an engine's {@link Standing} says about taking part has changed
   */
  constructor(
    private readonly me: NodeId,
    engines: readonly RunningEngine[],
    private readonly log: Logger,
    private readonly completed: () => void,
    private readonly stoodAside: (running: RunningEngine) => void,
  ) {
    const sorted = [...engines].sort((a, b) => a.identity.service - b.identity.service);
    this.synchronised = sorted.filter(({ engine }) => engine.sync !== undefined);
    this.foreign = sorted.filter(isForeign);
  }

  /** Before the ring starts. */
  connect(totem: Totem): void {
    this.totem = totem;
    totem.join(SYNC_GROUP, (from, bytes, offset, length) => this.deliver(false, from, bytes, offset, length));
    totem.join(FOREIGN_SYNC_GROUP, (from, bytes, offset, length) =>
      this.deliver(true, from, bytes, offset, length),
    );
  }

  configuration(configuration: Configuration): void {
    if (configuration.kind === 'transitional') {
      this.transitional = configuration.members;
      this.abort();
    } else {
      this.start(configuration);
    }
  }

  /** The engine is disabled: what is being synchronised goes on without it. */
  drop(running: RunningEngine): void {
    this.round?.pending.delete(running);
  }

  /** A token was forwarded: take one step. */
  tokenForwarded(): void {
    if (this.round === undefined || !this.flush()) return;
    this.round.list?.step();
  }

  private abort(): void {
    const round = this.round;
    this.round = undefined;
    this.unsent = [];
    if (round === undefined) return;
    this.log.debug(`synchronisation of ring ${formatRing(round.ring)} aborted`);
    for (const { engine, guard } of round.pending.keys())
      guard.follow('sync.abort', () => engine.sync?.abort(), undefined);
  }

  private start({ ring, members }: Configuration): void {
    this.abort();
    const round = new Round(ring, members);
    this.round = round;
    const able = this.synchronised.filter(({ standing }) => !standing.disabled);
    const services = able.map(({ identity }) => identity.service);
    // Ahead of the classic list: once that is in from everybody, so is this.
    if (this.foreign.length > 0) {
      const offers = this.foreign.filter(({ standing }) => !standing.disabled);
      for (const { standing } of offers) round.offered.add(standing);
      this.send(FOREIGN_SYNC_GROUP, encodeWire(ring, new Map(offers.map(offerOf))));
      this.send(FOREIGN_SYNC_GROUP, encodeServices(ring, services.filter(isForeignService)));
    }
    const gate = this.foreign.length > 0 ? [FOREIGN_GATE] : [];
    const classic = services.filter((service) => !isForeignService(service));
    this.send(SYNC_GROUP, encodeServices(ring, [...classic, ...gate]));
    for (const running of able) {
      const view = { ring, members, transitional: this.companions(running, members) };
      round.pending.set(running, view);
      running.guard.follow('sync.init', () => running.engine.sync?.init(view), undefined);
    }
  }

  /** Members that have gone through everything with this node, as far as the engine is concerned. */
  private companions(running: RunningEngine, members: readonly NodeId[]): NodeId[] {
    const transitional = this.transitional.filter((node) => members.includes(node));
    if (!isForeign(running)) return transitional;
    const along = this.along.get(running.identity.service) ?? [];
    return running.standing.active ? transitional.filter((node) => along.includes(node)) : [];
  }

  private deliver(foreign: boolean, from: NodeId, bytes: DataView, offset: number, length: number): void {
    const message = decodeSync(bytes, offset, length);
    if (typeof message === 'string') {
      this.ignored.malformed++;
      this.log.debug(`ignored a synchronisation message from node ${from}: ${message}`);
      return;
    }
    const round = this.round;
    if (round === undefined || !sameRing(message.ring, round.ring)) {
      this.ignored.ring++;
      return;
    }
    if (!round.members.includes(from)) {
      this.ignored.sender++;
      return;
    }
    if (message.kind === 'wire') {
      if (foreign && round.list === undefined) round.offers.add(from, message.offers);
    } else if (message.kind === 'services') this.announced(round, foreign, from, message.services);
    else if (foreign) round.foreignList?.barrier(from);
    else this.barrier(round, from);
  }

  private announced(round: Round, foreign: boolean, from: NodeId, services: readonly number[]): void {
    // A list that comes again or late would change what others already work on.
    if (round.list !== undefined) return;
    if (foreign) {
      round.foreign.add(from, services);
      return;
    }
    round.classic.add(from, services);
    if (!round.classic.fromAll(round.members)) return;
    round.list = this.listOf(round, SYNC_GROUP, round.members, round.classic.union(round.members));
    const gated = round.classic.naming(round.members, FOREIGN_GATE);
    if (this.foreign.length > 0) {
      for (const running of this.foreign) this.agree(round, running);
      round.foreignList = this.listOf(round, FOREIGN_SYNC_GROUP, gated, round.foreign.union(gated));
    }
    if (round.list.complete) this.complete(round);
  }

  /** Everybody has said what his engine speaks: does this node's take part? */
  private agree(round: Round, running: RunningEngine): void {
    const { identity, standing, guard, engine } = running;
    // One that was started again since takes part from the next round on.
    if (standing.disabled || !round.offered.has(standing)) return;
    const offers = round.offers.of(identity.service, round.members);
    const { version, speakers } = agreeOnWire(offers);
    round.speakers.set(identity.service, speakers);
    const before = standing.held;
    if (speakers.includes(this.me)) {
      standing.wire = version;
      standing.held = undefined;
      if (engine.sync === undefined) standing.active = true;
      else this.meet(round, running, offers);
    } else {
      standing.active = false;
      const { min, max } = standing.range;
      standing.held = `nodes ${speakers.join(' ')} speak version ${version} of its messages, this one ${min} to ${max}`;
      if (round.pending.delete(running)) guard.follow('sync.abort', () => engine.sync?.abort(), undefined);
    }
    if (standing.held !== before) this.stoodAside(running);
  }

  /** Companions of the last ring whose engine has begun anew, or stood aside, since: they have to be told everything. */
  private meet(round: Round, running: RunningEngine, offers: ReadonlyMap<NodeId, WireOffer>): void {
    const { engine, guard } = running;
    const view = round.pending.get(running);
    if (view === undefined) return;
    const transitional = view.transitional.filter((node) => offers.get(node)?.active);
    if (transitional.length === view.transitional.length) return;
    const known = { ...view, transitional };
    round.pending.set(running, known);
    guard.follow('sync.abort', () => engine.sync?.abort(), undefined);
    guard.follow('sync.init', () => engine.sync?.init(known), undefined);
  }

  private barrier(round: Round, from: NodeId): void {
    round.list?.barrier(from);
    if (round.list?.complete) this.complete(round);
  }

  private complete(round: Round): void {
    this.log.debug(`synchronisation of ring ${formatRing(round.ring)} complete`);
    this.round = undefined;
    this.totem?.synchronised();
    this.completed();
  }

  private listOf(
    round: Round,
    group: string,
    members: readonly NodeId[],
    services: readonly number[],
  ): ServiceList {
    const participants = services.map((service) => this.participant(round, service));
    return new ServiceList(members, participants, () => this.send(group, encodeBarrier(round.ring)));
  }

  private participant(round: Round, service: number): Participant {
    if (service === FOREIGN_GATE && this.foreign.length > 0) return foreignGate(round);
    const running = this.synchronised.find(({ identity }) => identity.service === service);
    const sync = running?.engine.sync;
    if (running === undefined || sync === undefined) return DUMMY;
    const speakers = round.speakers.get(service) ?? [];
    if (!round.pending.has(running)) {
      return { process: () => 'done', activate: () => void this.along.set(service, speakers) };
    }
    return {
      process: () =>
        !round.pending.has(running)
          ? 'done'
          : running.guard.follow('sync.process', () => sync.process(), 'done'),
      activate: () => {
        if (!round.pending.delete(running)) return;
        this.along.set(service, speakers);
        running.standing.active = true;
        running.guard.follow('sync.activate', () => sync.activate(), undefined);
      },
    };
  }

  private send(group: string, bytes: Uint8Array): void {
    this.unsent.push({ group, bytes });
    this.flush();
  }

  /** False: something still waits for room; no step is taken before it is sent. */
  private flush(): boolean {
    for (let next = this.unsent[0]; next !== undefined; next = this.unsent[0]) {
      if (!this.totem?.multicast(next.group, next.bytes)) return false;
      this.unsent.shift();
    }
    return true;
  }
}

function isForeignService(service: number): boolean {
  return service >= FIRST_FOREIGN_SERVICE;
}

function isForeign({ identity }: RunningEngine): boolean {
  return isForeignService(identity.service);
}

function offerOf({ identity, standing: { range, active } }: RunningEngine): [number, WireOffer] {
  return [identity.service, { ...range, active }];
}

function foreignGate(round: Round): Participant {
  return {
    process: () => {
      round.foreignList?.step();
      return round.foreignList?.complete === false ? 'again' : 'done';
    },
    activate: () => undefined,
  };
}
