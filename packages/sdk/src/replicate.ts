import { rest } from './bytes.js';
import type { Cluster, SyncDelivery, SyncView, Synchroniser } from './cluster.js';
import type { Codec, Infer } from './codec.js';
import { sameRing, type NodeId, type RingId } from './ring.js';
import { safeU64, u32 } from './scalars.js';
import { struct } from './struct.js';

/** The state of an engine, as one value. */
export interface ReplicatedState<T> {
  /** What the state is now. */
  snapshot(): T;
  /** Put this in the place of the state that is there. */
  restore(state: T): void;
}

/** Functions of the engine's service that {@link replicate} takes for itself. */
const ANNOUNCE = 0xfffe;
const PIECE = 0xffff;
/** Bytes of a snapshot that travel in one message, and of a snapshot at most. */
const PIECE_SIZE = 32 * 1024;
const SNAPSHOT_LIMIT = 64 * 1024 * 1024;

/** Members that have the same state, because they have been together since they last agreed; size 0: nothing to lose. */
const Ring = struct({ representative: u32, sequence: safeU64 });
const Side = struct({ agreed: Ring, lowest: u32, size: u32 });
type Side = Infer<typeof Side>;
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
 * not quorate, or merges in a {@link Synchroniser} of its own. The engine multicasts nothing while the cluster
 * synchronises, and has no delivery handlers 0xfffe and 0xffff. A snapshot takes 64 MiB at most.
 *
 * @example readonly sync = replicate(Sum, { snapshot: () => ({ sum: this.sum }), restore: ({ sum }) => (this.sum = sum) });
 */
export function replicate<T>(codec: Codec<T>, state: ReplicatedState<T>): Synchroniser {
  return new Replication(codec, state);
}

/**
 * Every node announces its side. The ring's total order decides the rest alike everywhere: who announces a side
 * first speaks for it, and sends the snapshot once no better side is known. Members without the engine are not waited for.
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
  private best!: Side;
  /** Who speaks for the best side. */
  private speaker: NodeId | undefined;
  private progress: 'announce' | 'wait' | 'heard' = 'announce';
  /** The snapshot that this node sends, and how much of it is sent. */
  private outgoing: Uint8Array | undefined;
  private sent = 0;
  private incoming: Uint8Array[] = [];
  private received = 0;
  private total = -1;

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
    this.best = this.own;
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
    return this.speaker === cluster.nodeId ? this.send(view) : 'done';
  }

  activate(): void {
    const { view, own, best, incoming, received, total } = this;
    if (view === undefined) return;
    this.reset();
    this.agreed = view.ring;
    this.together = view.members;
    if (sameSide(own, best)) return;
    if (received !== total) throw new RangeError(`${received} of ${total} bytes of the snapshot came`);
    const bytes = joined(incoming, total);
    const decoded = this.codec.decode(new DataView(bytes.buffer), 0, total);
    if (!decoded.ok) throw new TypeError(`the snapshot cannot be read: ${decoded.reason}`);
    this.changed = best.size > 0;
    this.state.restore(decoded.value);
  }

  abort(): void {
    this.reset();
  }

  private announced({ ring, side }: Announcement, from: NodeId): void {
    if (this.view === undefined || !sameRing(ring, this.view.ring)) return;
    if (from === this.cluster.nodeId) this.progress = 'heard';
    if (better(side, this.best)) {
      this.best = side;
      this.speaker = from;
    } else if (sameSide(side, this.best)) this.speaker ??= from;
  }

  private piece({ ring, total, offset, data }: Piece, from: NodeId): void {
    if (this.view === undefined || !sameRing(ring, this.view.ring)) return;
    if (from !== this.speaker || sameSide(this.own, this.best)) return;
    if (offset === 0) this.total = Math.min(total, SNAPSHOT_LIMIT);
    // What does not fit is left out: the snapshot stays incomplete, which activation reports.
    if (offset !== this.received || offset + data.length > this.total) return;
    this.incoming.push(data.slice());
    this.received += data.length;
  }

  /** As much of the snapshot as there is room for; unless a better side has shown up, whose speaker goes on. */
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
    this.speaker = undefined;
    this.progress = 'announce';
    this.outgoing = undefined;
    this.sent = 0;
    this.incoming = [];
    this.received = 0;
    this.total = -1;
  }
}

/** Sides of one ring have no member in common. */
function sameSide(a: Side, b: Side): boolean {
  return sameRing(a.agreed, b.agreed) && a.lowest === b.lowest;
}

function better(a: Side, b: Side): boolean {
  if (a.size !== b.size) return a.size > b.size;
  return a.lowest !== b.lowest ? a.lowest < b.lowest : a.agreed.sequence > b.agreed.sequence;
}

function joined(parts: readonly Uint8Array[], total: number): Uint8Array {
  const bytes = new Uint8Array(total);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
