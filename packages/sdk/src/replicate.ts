import { rest } from './bytes.js';
import type { Cluster, SyncDelivery, SyncView, Synchroniser } from './cluster.js';
import type { Codec, Infer } from './codec.js';
import { sameRing, type NodeId, type RingId } from './ring.js';
import { u32 } from './scalars.js';
import { Ring, SNAPSHOT_LIMIT, Side, Voice, better, sameSide } from './sides.js';
import { struct } from './struct.js';

/** The state of an engine, as one value. */
export interface ReplicatedState<T> {
  /** What the state is now. */
  snapshot(): T;
  /** Put this in the place of the state that is there. */
  restore(state: T): void;
  /**
   * One state out of those of two sides that were apart; without it one side's state is taken whole. All members fold the states of
   * all sides in the same order, that in which the ring heard of them, so that they come to the same as long as the result
   * depends on the arguments alone. Sides share what was before they parted, and partitions heal in any order, so it should be
   * idempotent, `merge(a, a) = a`; associative; and commutative. Unions of sets, maxima and the later of two writes are, sums are not.
   */
  merge?(one: T, other: T): T;
}

/** Functions of the engine's service that {@link replicate} takes for itself. */
const ANNOUNCE = 0xfffe;
const PIECE = 0xffff;
/** Bytes of a snapshot that travel in one message. */
const PIECE_SIZE = 32 * 1024;

/** Messages name the ring that is being synchronised: what an aborted round left behind is none of this one's. */
const Announcement = struct({ ring: Ring, side: Side });
type Announcement = Infer<typeof Announcement>;
const Piece = struct({ ring: Ring, total: u32, offset: u32, data: rest });
type Piece = Infer<typeof Piece>;

/**
 * A way to agree again after a change of the ring, for engines whose state changes only by what is delivered:
 * nodes that were apart take over the state of one side whole. That is the side with the most nodes that agreed
 * before and have been together since; of equal ones the side with the lowest node id. Nodes to which nothing
 * has been delivered since they started yield to all others.
 *
 * What the other sides did meanwhile is lost: an engine that must not lose it lets nothing change while the cluster is
 * not quorate, or has a state that can be merged ({@link ReplicatedState.merge}; {@link LastWriter} is one).
 * The engine multicasts nothing while the cluster synchronises, and has no delivery handlers 0xfffe and 0xffff. A snapshot
 * takes 64 MiB at most; where sides are merged a node holds those of all of them for a moment.
 *
 * @example readonly sync = replicate(Sum, { snapshot: () => ({ sum: this.sum }), restore: ({ sum }) => (this.sum = sum) });
 * @example
 * readonly sync = replicate(Names, {
 *   snapshot: () => [...this.names].sort(),
 *   restore: (names) => (this.names = new Set(names)),
 *   merge: (one, other) => [...new Set([...one, ...other])].sort(),
 * });
 */
export function replicate<T>(codec: Codec<T>, state: ReplicatedState<T>): Synchroniser {
  return new Replication(codec, state);
}

/**
 * Every node announces its side. The ring's total order decides the rest alike everywhere: who announces a side
 * first speaks for it, and sends the snapshot if its state counts. Members without the engine are not waited for.
 */
class Replication<T> implements Synchroniser {
  readonly deliveries: readonly SyncDelivery[] = [
    {
      fn: ANNOUNCE,
      codec: Announcement,
      deliver: (message, from) => this.announced(message as Announcement, from),
    },
    { fn: PIECE, codec: Piece, deliver: (message, from) => this.piece(message as Piece, from) },
  ];
  private cluster!: Cluster;
  /** Ring activated last, and its members that have come along with this node in every step since. */
  private agreed: RingId = { representative: 0, sequence: 0 };
  private together: readonly NodeId[] = [];
  /** Is the state more than what a node starts with? */
  private changed = false;
  /** What is being synchronised; undefined: nothing. */
  private view: SyncView | undefined;
  private own!: Side;
  /** The sides in the order in which the ring heard of them. */
  private voices: Voice[] = [];
  private progress: 'announce' | 'wait' | 'heard' = 'announce';
  /** The snapshot that this node sends, and how much of it is sent. */
  private outgoing: Uint8Array | undefined;
  private sent = 0;

  constructor(
    private readonly codec: Codec<T>,
    private readonly state: ReplicatedState<T>,
  ) {}

  connect(cluster: Cluster): void {
    this.cluster = cluster;
  }

  delivered(): void {
    this.changed = true;
  }

  init(view: SyncView): void {
    this.reset();
    this.view = view;
    this.together = this.together.filter((id) => view.transitional.includes(id));
    const lowest = this.together[0] ?? this.cluster.nodeId;
    this.own = { agreed: this.agreed, lowest, size: this.changed ? this.together.length : 0 };
  }

  process(): 'done' | 'again' {
    const { view, cluster, together } = this;
    // Nobody is new: all members know that, and nobody announces anything.
    const known = (id: NodeId) => id === cluster.nodeId || together.includes(id);
    if (view === undefined || view.members.every(known)) return 'done';
    if (this.progress === 'announce') {
      const announcement = { ring: view.ring, side: this.own };
      if (cluster.multicast(ANNOUNCE, Announcement, announcement)) this.progress = 'wait';
    }
    if (this.progress !== 'heard') return 'again';
    const speaks = this.counting().some(
      ({ side, speaker }) => speaker === cluster.nodeId && this.isOwn(side),
    );
    return speaks ? this.send(view) : 'done';
  }

  activate(): void {
    const { view } = this;
    if (view === undefined) return;
    const counting = this.counting();
    this.reset();
    this.agreed = view.ring;
    this.together = view.members;
    const [first, ...others] = counting;
    if (first === undefined || (others.length === 0 && this.isOwn(first.side))) return;
    let state = first.state(this.codec);
    // Several count only where they can be merged.
    for (const voice of others) state = this.state.merge!(state, voice.state(this.codec));
    this.changed = first.side.size > 0;
    this.state.restore(state);
  }

  abort(): void {
    this.reset();
  }

  /** The sides whose state counts, as far as they are known: the best, or all that have something to lose where they merge. */
  private counting(): readonly Voice[] {
    const { voices, state } = this;
    const some = state.merge === undefined ? [] : voices.filter(({ side }) => side.size > 0);
    if (some.length > 0) return some;
    const [first, ...others] = voices;
    return first === undefined ? [] : [others.reduce((a, b) => (better(b.side, a.side) ? b : a), first)];
  }

  private isOwn(side: Side): boolean {
    return sameSide(side, this.own);
  }

  private announced({ ring, side }: Announcement, from: NodeId): void {
    if (this.view === undefined || !sameRing(ring, this.view.ring)) return;
    if (from === this.cluster.nodeId) this.progress = 'heard';
    if (!this.voices.some((voice) => sameSide(voice.side, side))) this.voices.push(new Voice(side, from));
  }

  private piece({ ring, total, offset, data }: Piece, from: NodeId): void {
    if (this.view === undefined || !sameRing(ring, this.view.ring)) return;
    const voice = this.voices.find(({ speaker }) => speaker === from);
    // Where no other side counts, nobody asks for the state that is there.
    if (voice === undefined || (this.state.merge === undefined && this.isOwn(voice.side))) return;
    voice.take(total, offset, data);
  }

  /** As much of the snapshot as there is room for. */
  private send({ ring }: SyncView): 'done' | 'again' {
    const snapshot = (this.outgoing ??= this.encoded());
    do {
      const data = snapshot.subarray(this.sent, this.sent + PIECE_SIZE);
      const piece = { ring, total: snapshot.length, offset: this.sent, data };
      if (!this.cluster.multicast(PIECE, Piece, piece)) return 'again';
      this.sent += data.length;
    } while (this.sent < snapshot.length);
    return 'done';
  }

  private encoded(): Uint8Array {
    const value = this.state.snapshot();
    const bytes = new Uint8Array(this.codec.size(value));
    if (bytes.length > SNAPSHOT_LIMIT) throw new RangeError(`a snapshot of ${bytes.length} bytes`);
    this.codec.encode(value, new DataView(bytes.buffer), 0);
    return bytes;
  }

  private reset(): void {
    this.view = undefined;
    this.voices = [];
    this.progress = 'announce';
    this.outgoing = undefined;
    this.sent = 0;
  }
}
