import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { isIPv6 } from 'node:net';
import type { NodeId, Slab } from '@coterie/sdk';
import { EVERY_PEER, type SendQueue } from '@coterie/sdk/transport';
import type { CounterName } from './counters.js';
import {
  BUFFER_SIZE,
  type Endpoint,
  type OpenSocket,
  type SocketOptions,
  type Source,
  type UdpSocket,
} from './socket.js';

/** What may wait in libuv for room in the socket buffer. */
const MAX_WAITING_BYTES = 4 * 1024 * 1024;

/** Which counter a refused packet goes to, by the system's error; the same as in native/sender.cc. */
const refusals: Readonly<Record<string, CounterName>> = {
  ENETUNREACH: 'tx_dropped.unreachable',
  EHOSTUNREACH: 'tx_dropped.unreachable',
  ENETDOWN: 'tx_dropped.unreachable',
  EADDRNOTAVAIL: 'tx_dropped.unreachable',
  EPERM: 'tx_dropped.unreachable',
  EACCES: 'tx_dropped.unreachable',
  EINVAL: 'tx_dropped.unreachable',
  EMSGSIZE: 'tx_dropped.too_long',
  ENOBUFS: 'tx_dropped.full',
  ENOMEM: 'tx_dropped.full',
};

/** Addresses are resolved already: without this, dgram would wait a tick for each packet. */
function noLookup(
  address: string,
  _options: unknown,
  callback: (error: NodeJS.ErrnoException | null, address: string, family: number) => void,
): void {
  callback(null, address, isIPv6(address) ? 6 : 4);
}

function askForBuffers(socket: Socket): void {
  try {
    socket.setRecvBufferSize(BUFFER_SIZE);
    socket.setSendBufferSize(BUFFER_SIZE);
  } catch {
    // Linux gives what it may; other systems refuse to exceed a limit, and what they gave before stays.
  }
}

/** `fe80::1` of `fe80::1%eth0`. */
function withoutScope(address: string): string {
  const end = address.indexOf('%');
  return end < 0 ? address : address.slice(0, end);
}

/** The same through node:dgram: one system call a datagram, and {@link drain} cannot read ahead. */
export class DgramSocket implements UdpSocket {
  private peers: readonly Endpoint[] = [];
  /** The nodes by address. */
  private sources: ReadonlyMap<string, NodeId> | undefined;
  private own: Endpoint | undefined;
  private lastStranger: string | undefined;
  private closed = false;

  static readonly open: OpenSocket = async (options) => {
    const { address, port } = options.bind;
    const socket = createSocket({
      type: isIPv6(address) ? 'udp6' : 'udp4',
      ipv6Only: isIPv6(address),
      reuseAddr: options.share,
      lookup: noLookup,
    });
    try {
      const listening = once(socket, 'listening');
      socket.bind({ address, port, exclusive: true });
      await listening;
      return new DgramSocket(socket, options);
    } catch (error) {
      socket.close();
      throw error;
    }
  };

  private constructor(
    private readonly socket: Socket,
    private readonly options: SocketOptions,
  ) {
    const { multicast, inbox, counters } = options;
    if (options.broadcast) socket.setBroadcast(true);
    if (multicast !== undefined && multicast.ttl > 0) {
      socket.setMulticastTTL(multicast.ttl);
      socket.setMulticastInterface(multicast.interface);
    }
    if (multicast?.group !== undefined) socket.addMembership(multicast.group, multicast.interface);
    askForBuffers(socket);
    socket.on('error', () => counters.add('rx_errors', 1));
    if (inbox) {
      socket.on('message', (bytes, from) => {
        const source = withoutScope(from.address);
        if (this.accept(source, from.port, bytes.length)) inbox.add(bytes, this.sources?.get(source) ?? 0);
      });
    }
  }

  get buffers(): { readonly receive: number; readonly send: number } {
    // socket(7): Linux doubles what was asked for.
    return { receive: this.socket.getRecvBufferSize() / 2, send: this.socket.getSendBufferSize() / 2 };
  }

  setPeers(peers: readonly Endpoint[]): void {
    this.peers = peers;
  }

  setSources(sources: readonly Source[] | undefined): void {
    this.sources = sources && new Map(sources.map(({ address, nodeId }) => [withoutScope(address), nodeId]));
  }

  setOwn(own: Endpoint): void {
    this.own = own;
  }

  setLoopback(on: boolean): void {
    this.socket.setMulticastLoopback(on);
  }

  send(queue: SendQueue): void {
    for (let i = 0; i < queue.count; i++) {
      const slab = queue.slabs[queue.buffers[i]!]!;
      const target = queue.targets[i]!;
      const offset = queue.offsets[i]!;
      const length = queue.lengths[i]!;
      if (target === EVERY_PEER) {
        for (const peer of this.peers) this.sendOne(slab, offset, length, peer);
      } else {
        const peer = this.peers[target];
        if (peer) this.sendOne(slab, offset, length, peer);
      }
    }
  }

  drain(): void {
    // node:dgram reads when the event loop says so, and not before.
  }

  stranger(): string | undefined {
    return this.lastStranger;
  }

  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.socket.close();
  }

  private sendOne(slab: Slab, offset: number, length: number, peer: Endpoint): void {
    const { counters } = this.options;
    if (this.socket.getSendQueueSize() + length > MAX_WAITING_BYTES) {
      counters.add('tx_dropped.full', 1);
      return;
    }
    slab.retain();
    this.socket.send(slab.bytes, offset, length, peer.port, peer.address, (error) => {
      slab.release();
      if (error === null) {
        counters.add('tx_packets', 1);
        counters.add('tx_bytes', length);
        return;
      }
      const code = (error as NodeJS.ErrnoException).code ?? 'unknown';
      counters.add(refusals[code] ?? 'tx_dropped.error', 1);
      this.options.refused(code);
    });
  }

  private accept(source: string, port: number, length: number): boolean {
    const { counters } = this.options;
    if (this.own !== undefined && port === this.own.port && source === withoutScope(this.own.address)) {
      counters.add('rx_dropped.own', 1);
      return false;
    }
    if (this.sources !== undefined && !this.sources.has(source)) {
      counters.add('rx_dropped.unlisted', 1);
      this.lastStranger = source;
      return false;
    }
    counters.add('rx_packets', 1);
    counters.add('rx_bytes', length);
    return true;
  }
}
