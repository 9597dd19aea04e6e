import {
  ClientRouter,
  SlabPool,
  TransportContext,
  definePlugin,
  inject,
  type FrontEnd,
  type LinkStatus,
  type Member,
  type NodeId,
  type PacketBatch,
  type Plugin,
  type Slab,
  type Transport,
  type TransportEvents,
} from '@coterie/sdk';
import { Arena } from './arena.js';
import type { SimulatedNetwork } from './network.js';
import type { SimulatedProcess } from './process.js';

/** Messages of the ring are no longer than this: `netmtu` of the configuration is 1500. */
const PACKET_SIZE = 2048;
const pool = new SlabPool(PACKET_SIZE, 1024);
/** Joins and commit tokens of very many nodes are; forged ones make every node send such. */
const largePool = new SlabPool(65536, 4);
const arena = new Arena();

/** What a node of the simulation has instead of sockets. */
export class Socket {
  /** What clients talk to; undefined until the executive has been built. */
  router: ClientRouter | undefined;
  events: TransportEvents | undefined;
  private outgoing: { to: NodeId; bytes: Uint8Array }[] = [];
  private readonly batch = {
    slab: pool.take(),
    count: 1,
    offsets: new Uint32Array(1),
    lengths: new Uint32Array(1),
  };

  constructor(
    private readonly id: NodeId,
    private readonly process: SimulatedProcess,
    private readonly network: SimulatedNetwork,
  ) {}

  queue(to: NodeId, bytes: Uint8Array): void {
    this.outgoing.push({ to, bytes });
  }

  flush(): void {
    if (this.outgoing.length === 0) return;
    const outgoing = this.outgoing;
    this.outgoing = [];
    if (!this.process.alive) return;
    for (const { to, bytes } of outgoing) this.network.carry(this.id, to, bytes, this.process.lag);
  }

  receive(bytes: Uint8Array): void {
    this.process.packet(bytes.length, () => {
      if (this.events === undefined) return;
      const slab = (bytes.length > PACKET_SIZE ? largePool : pool).take();
      slab.bytes.set(bytes);
      this.batch.slab = slab;
      this.batch.lengths[0] = bytes.length;
      this.events.received(this.batch satisfies PacketBatch);
      slab.release();
    });
  }
}

/** The transport `sim`, and a front-end that lets simulated clients in. */
export function simulatedPlugin(socket: Socket): Plugin {
  class SimulatedTransport implements Transport {
    private members: readonly Member[];

    constructor(@inject(TransportContext) private readonly context: TransportContext) {
      this.members = context.members;
    }

    open(events: TransportEvents): Promise<void> {
      socket.events = events;
      return Promise.resolve();
    }

    broadcast(slab: Slab, offset: number, length: number): void {
      const bytes = arena.copy(slab.bytes, offset, length);
      for (const { nodeId } of this.members) {
        if (nodeId !== this.context.nodeId) socket.queue(nodeId, bytes);
      }
    }

    unicast(to: NodeId, slab: Slab, offset: number, length: number): boolean {
      if (!this.members.some(({ nodeId }) => nodeId === to)) return false;
      socket.queue(to, arena.copy(slab.bytes, offset, length));
      return true;
    }

    flush(): void {
      socket.flush();
    }

    drain(): void {}

    setMembers(members: readonly Member[]): void {
      this.members = members;
    }

    links(): readonly LinkStatus[] {
      return [{ link: 0, address: 'simulated', up: true, reason: undefined }];
    }

    counters(): ReadonlyMap<string, number> {
      return new Map();
    }

    close(): Promise<void> {
      socket.flush();
      socket.events = undefined;
      return Promise.resolve();
    }
  }

  class SimulatedFrontEnd implements FrontEnd {
    constructor(@inject(ClientRouter) router: ClientRouter) {
      socket.router = router;
    }

    start(): Promise<void> {
      return Promise.resolve();
    }

    stop(): Promise<void> {
      return Promise.resolve();
    }
  }
  return definePlugin({ transports: { sim: SimulatedTransport }, frontEnds: [SimulatedFrontEnd] });
}
