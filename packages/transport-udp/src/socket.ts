import type { NodeId } from '@coterie/sdk';
import type { SendQueue } from '@coterie/sdk/transport';
import type { Counters } from './counters.js';
import type { Inbox } from './inbox.js';

export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

export interface SocketOptions {
  readonly bind: Endpoint;
  /** Other sockets may bind to the same address: for groups, of which each socket gets a copy. */
  readonly share: boolean;
  readonly broadcast: boolean;
  readonly multicast:
    | {
        /** The own address (IPv4), or `::%name` of the interface that has it (IPv6). */
        readonly interface: string;
        /** For what is sent to groups; 0 if nothing is. */
        readonly ttl: number;
        /** Group to join. */
        readonly group: string | undefined;
      }
    | undefined;
  readonly counters: Counters;
  /** The only queue that {@link UdpSocket.send} will be called with. */
  readonly queue: SendQueue;
  /** Where datagrams go; without one the socket sends only. */
  readonly inbox: Inbox | undefined;
  /** The system did not take a packet; `code` is its error (`EPERM`, ...). Called from inside send, or later. */
  readonly refused: (code: string) => void;
}

/** An address that the nodelist has. */
export interface Source {
  readonly address: string;
  /** The node there; 0 if several share the address. */
  readonly nodeId: NodeId;
}

/** A bound UDP socket that moves packets in batches. Nothing here throws. */
export interface UdpSocket {
  /** What the targets of the queue mean, by index. */
  setPeers(peers: readonly Endpoint[]): void;
  /** Drop datagrams from any other address; undefined: accept all. The inbox is told the nodes of those that pass. */
  setSources(sources: readonly Source[] | undefined): void;
  /** Drop datagrams from this endpoint: own ones, come back. */
  setOwn(own: Endpoint): void;
  /** Do other sockets of this machine get what this one sends to a group? */
  setLoopback(on: boolean): void;
  /**
   * Sends all of the queue, order kept for each peer; the queue may be cleared afterwards. What the system has no
   * room for waits in memory, up to a limit.
   */
  send(queue: SendQueue): void;
  /** Deliver what has arrived, now. */
  drain(): void;
  /** The last address that {@link setSources} kept out. */
  stranger(): string | undefined;
  /** Bytes that the system granted for the buffers. */
  readonly buffers: { readonly receive: number; readonly send: number };
  close(): void;
}

/** Rejects with the system's error (`code`, `syscall`). */
export type OpenSocket = (options: SocketOptions) => Promise<UdpSocket>;

/** Wanted for each socket buffer (corosync: MCAST_SOCKET_BUFFER_SIZE). */
export const BUFFER_SIZE = 2 * 1024 * 1024;
