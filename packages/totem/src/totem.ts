import type { Clock, Logger, PacketBatch, Random, RingId, NodeId, Timers, Transport } from '@coterie/sdk';
import type { Deliver, RingState } from './evs.js';
import type { TotemSettings } from './settings.js';
import type { PacketType } from './wire/header.js';

/** Where the ring sequence is kept across restarts (`ringid_<nodeid>`). */
export interface RingIdStore {
  /** The stored sequence; 0 if there is none. */
  load(): number;
  /** Durable when it returns; throws if it could not be written. */
  store(sequence: number): void;
}

/** The timers of the protocol. */
export type RingTimer =
  'tokenLoss' | 'tokenRetransmit' | 'hold' | 'merge' | 'join' | 'joinDelay' | 'consensus';

/** Follows every packet's way through the ring: for simulations, which check the order of what it tells. */
export interface PacketObserver {
  /** A packet that may be of this type has come, by the type byte of its header. */
  received?(state: RingState, type: PacketType): void;
  /** A timer has run out. */
  expired?(state: RingState, timer: RingTimer): void;
  /** This node gave the packet its place in the order; not called for what recovery sends again. */
  originated(ring: RingId, seq: number, view: DataView, offset: number, length: number): void;
  /** The packet is about to be delivered; `ring` is the one that ordered it. Header included, as in {@link originated}. */
  delivered(ring: RingId, seq: number, from: NodeId, view: DataView, offset: number, length: number): void;
}

export interface TotemPorts {
  readonly transport: Pick<Transport, 'broadcast' | 'unicast' | 'flush' | 'drain'>;
  readonly ringIds: RingIdStore;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly log: Logger;
  readonly observer?: PacketObserver | undefined;
  /** For simulations, of all nodes alike: where a ring's numbers begin instead of at 0, so that they soon wrap around. */
  readonly startSeq?: number | undefined;
}

/** How full the send queue is, in corosync's bands of its percentage (totempg_check_q_level). */
export type QueueLevel = 'low' | 'good' | 'high' | 'critical';

/** The Totem single-ring protocol with its process-group layer. Sans-I/O: everything comes and goes through the ports. */
export interface Totem {
  /** Enter the first GATHER. */
  start(): void;
  /** A batch from the transport, together with everything it makes the ring send. */
  receive(batch: PacketBatch): void;
  /** Deliver messages of this process group; at most one handler a group. Before `start` only. */
  join(group: string, deliver: Deliver): void;
  /**
   * Queue a message (header bytes, then tail) for a group; copied before this returns. False: no room, nothing queued.
   * Between a regular configuration and {@link synchronised} it goes to the transitional queue, which is all the ring sends then.
   */
  multicast(group: string, header: Uint8Array, tail?: Uint8Array): boolean;
  /** Is there room for a message of so many bytes in the queue that {@link multicast} would use now? */
  room(bytes: number): boolean;
  readonly queueLevel: QueueLevel;
  /** The layer above has finished synchronising the last regular configuration (totempg_trans_ack). */
  synchronised(): void;
  /** Say goodbye: one LEAVE; nothing is sent or delivered afterwards. */
  leave(): void;
  /** The own interface is gone or back: run the membership protocol. */
  linkChanged(up: boolean): void;
  /** New settings from a reload; take effect at the next use. */
  reconfigure(settings: TotemSettings): void;
  readonly state: RingState;
  readonly ring: RingId;
  readonly members: readonly NodeId[];
  /** `my_proc_list`: nodes heard of in the current membership round. */
  readonly reachable: readonly NodeId[];
  /** Counters by corosync's names (`stats.srp.*`, `stats.pg.*`), plus `rx_dropped.<reason>`. Read, never written, by others. */
  counters(): ReadonlyMap<string, number>;
  /** For the state dump. */
  dump(): Record<string, unknown>;
}
