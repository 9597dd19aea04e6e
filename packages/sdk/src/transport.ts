import type { NodeId } from './ring.js';
import type { Slab } from './slab.js';
import { token } from './token.js';

/**
 * Packets that arrived together: packet i is `lengths[i]` bytes at `offsets[i]` of `slab`. The batch object and
 * its arrays belong to the transport and are valid during the call only; the packets' memory lives as long as
 * somebody has retained the slab. A transport never writes again to bytes it has handed over before the slab
 * has come back to its pool.
 */
export interface PacketBatch {
  readonly slab: Slab;
  readonly count: number;
  readonly offsets: Uint32Array;
  readonly lengths: Uint32Array;
  /**
   * The node that the nodelist has at the address which packet i came from; 0: unknown, or several nodes share it. Absent: the
   * transport does not know.
   */
  readonly senders?: Uint32Array;
}

export interface TransportEvents {
  /** Never throws. Called from the event loop, never from inside send or flush. */
  received(batch: PacketBatch): void;
  /** The own interface went down or came back. The identity of the node never changes with it. */
  linkChanged(up: boolean): void;
}

/** A member as the nodelist names it. */
export interface Member {
  readonly nodeId: NodeId;
  /** IP address or host name (`ring0_addr`). */
  readonly address: string;
  /** Port instead of the transport's own (`ring0_port`), for several nodes on one address; 0 = none. */
  readonly port: number;
}

export interface LinkStatus {
  readonly link: number;
  readonly address: string;
  readonly up: boolean;
  /** Why not up, or undefined. */
  readonly reason: string | undefined;
  /** The ways to the other members, of a transport that sets them up one by one. */
  readonly peers?: readonly PeerStatus[];
}

export interface PeerStatus {
  readonly nodeId: NodeId;
  readonly address: string;
  readonly up: boolean;
  /** Why not up, or undefined. */
  readonly reason: string | undefined;
}

/**
 * Best effort: packets may be lost, doubled and reordered, never changed or cut. Packets queue until
 * {@link flush}, which hands all of them to the network in the order queued: one crossing for a whole token
 * visit. Queued packets retain their slab until they have left.
 */
export interface Transport {
  /** Opens the sockets. Rejects with a coded error if the configuration cannot work (address not here, port taken). */
  open(events: TransportEvents): Promise<void>;
  /** Queue for every other member; a copy to this node itself is allowed, not needed. */
  broadcast(slab: Slab, offset: number, length: number): void;
  /** Queue for one member, which may be this node. False if it has no known address: nothing was queued. */
  unicast(member: NodeId, slab: Slab, offset: number, length: number): boolean;
  flush(): void;
  /**
   * Read what has already arrived now and hand it to `received`, before this returns. Called at a token (totemsrp
   * drains the multicast sockets there) by transports whose tokens can overtake messages; others do nothing.
   */
  drain(): void;
  /** The members of the nodelist, this node included; untouched members keep their sockets. */
  setMembers(members: readonly Member[]): void;
  links(): readonly LinkStatus[];
  /** Drop reasons and traffic, by name. */
  counters(): ReadonlyMap<string, number>;
  close(): Promise<void>;
}

/** The class of a transport; its constructor parameters all carry `@inject`. */
export interface TransportClass {
  new (...args: never[]): Transport;
  /**
   * Bytes of the largest datagram that this node can send and receive, asked for before the transport is made where the file
   * says `netmtu: auto`. Without this method that means the default. The `netmtu` of the context says nothing yet.
   * @throws CoterieError if it cannot be found
   */
  largestDatagram?(context: TransportContext): Promise<number>;
}

/** What the executive tells a transport about the node it serves. */
export interface TransportContext {
  readonly nodeId: NodeId;
  readonly members: readonly Member[];
  /** `totem.transport`: the name under which the transport was chosen. */
  readonly name: string;
  /** The validated `totem` section incl. `interface`, keys as in the file. */
  readonly totem: TotemTransportSettings;
}
export const TransportContext = token<TransportContext>('TransportContext');

/** `totem` keys that concern transports, defaults filled in (wire: corosync.conf(5)). */
export interface TotemTransportSettings {
  readonly clusterName: string;
  readonly ipVersion: 'ipv4' | 'ipv6' | 'ipv4-6' | 'ipv6-4';
  readonly netmtu: number;
  /** Messages that all members together send in one rotation of the token (`window_size`). */
  readonly windowSize: number;
  readonly blockUnlistedIps: boolean;
  /** Milliseconds between checks of the interface (`downcheck`). */
  readonly downcheck: number;
  readonly interface: {
    readonly bindnetaddr: string | undefined;
    readonly mcastaddr: string | undefined;
    readonly mcastport: number;
    readonly broadcast: boolean;
    readonly ttl: number;
  };
}
