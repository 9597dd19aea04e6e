import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import {
  Logger,
  TransportContext,
  inject,
  type LinkStatus,
  type Member,
  type NodeId,
  type Slab,
  type Transport,
  type TransportEvents,
} from '@coterie/sdk';
import { Batches } from './batch.js';

const HOST = '127.0.0.1';

interface Packet {
  readonly slab: Slab;
  readonly offset: number;
  readonly length: number;
  readonly to: NodeId;
}

/** Carries a cluster whose nodes all run on this machine, each on a UDP port of its own. */
export class __Name__Transport implements Transport {
  private members: readonly Member[];
  private socket: Socket | undefined;
  private queued: Packet[] = [];
  private readonly batches: Batches;
  private readonly counts = new Map([
    ['rx_packets', 0],
    ['rx_dropped.too_long', 0],
    ['tx_packets', 0],
    ['tx_errors', 0],
  ]);

  constructor(
    @inject(TransportContext) private readonly context: TransportContext,
    @inject(Logger) private readonly log: Logger,
  ) {
    this.members = context.members;
    this.batches = new Batches(Math.max(2048, context.totem.netmtu));
  }

  async open(events: TransportEvents): Promise<void> {
    const socket = createSocket('udp4');
    socket.bind({ address: HOST, port: this.port(this.context.nodeId) ?? 0, exclusive: true });
    // Rejects if the port is taken.
    await once(socket, 'listening');
    socket.on('error', (error) => this.log.warn(`the socket: ${error.message}`));
    socket.on('message', (bytes) => {
      if (this.socket !== socket) return;
      this.count(this.batches.deliver(bytes, events) ? 'rx_packets' : 'rx_dropped.too_long');
    });
    this.socket = socket;
  }

  broadcast(slab: Slab, offset: number, length: number): void {
    for (const { nodeId } of this.members) {
      if (nodeId !== this.context.nodeId) this.unicast(nodeId, slab, offset, length);
    }
  }

  unicast(to: NodeId, slab: Slab, offset: number, length: number): boolean {
    if (this.port(to) === undefined) return false;
    // The memory is the ring's: until the packet has left, nobody may use it again.
    slab.retain();
    this.queued.push({ slab, offset, length, to });
    return true;
  }

  flush(): void {
    const packets = this.queued;
    this.queued = [];
    for (const packet of packets) this.send(packet);
  }

  /** Tokens and messages come through one socket here: none overtakes another. */
  drain(): void {}

  setMembers(members: readonly Member[]): void {
    this.members = members;
  }

  links(): readonly LinkStatus[] {
    const up = this.socket !== undefined;
    return [{ link: 0, address: HOST, up, reason: up ? undefined : 'it is closed' }];
  }

  counters(): ReadonlyMap<string, number> {
    return this.counts;
  }

  async close(): Promise<void> {
    const { socket } = this;
    this.socket = undefined;
    for (const { slab } of this.queued.splice(0)) slab.release();
    if (socket === undefined) return;
    const closed = once(socket, 'close');
    socket.close();
    await closed;
  }

  private send({ slab, offset, length, to }: Packet): void {
    const port = this.port(to);
    if (this.socket === undefined || port === undefined) return slab.release();
    this.socket.send(slab.bytes, offset, length, port, HOST, (error) => {
      slab.release();
      this.count(error ? 'tx_errors' : 'tx_packets');
    });
  }

  /** `ring0_port` of the node; undefined if it is no member. */
  private port(node: NodeId): number | undefined {
    const member = this.members.find(({ nodeId }) => nodeId === node);
    return member && (member.port || this.context.totem.interface.mcastport + node);
  }

  private count(name: string): void {
    this.counts.set(name, (this.counts.get(name) ?? 0) + 1);
  }
}
