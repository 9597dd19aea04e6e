import {
  SlabPool,
  TransportContext,
  definePlugin,
  inject,
  type LinkStatus,
  type NodeId,
  type Plugin,
  type Slab,
  type Transport,
  type TransportEvents,
} from '@coterie/sdk';
import type { ManualTime } from '../manual-time.js';

interface Packet {
  readonly to: NodeId;
  readonly from: NodeId;
  readonly bytes: Uint8Array;
}

/** Carries packets between executives of one process, one millisecond each. */
export class SimulatedNetwork {
  private readonly ends = new Map<NodeId, TransportEvents>();
  private underway: Packet[] = [];
  private readonly pool = new SlabPool(256 * 1024, 4);
  /** May a packet pass? */
  link: (from: NodeId, to: NodeId) => boolean = () => true;

  constructor(private readonly time: ManualTime) {}

  /** A plugin with the transport `sim` over this network. */
  plugin(): Plugin {
    const open = (id: NodeId, events: TransportEvents) => void this.ends.set(id, events);
    const close = (id: NodeId) => void this.ends.delete(id);
    const send = (packet: Packet) => void this.underway.push(packet);

    class SimulatedTransport implements Transport {
      constructor(@inject(TransportContext) private readonly context: TransportContext) {}

      open(events: TransportEvents): Promise<void> {
        open(this.context.nodeId, events);
        return Promise.resolve();
      }

      broadcast(slab: Slab, offset: number, length: number): void {
        for (const { nodeId } of this.context.members) {
          if (nodeId !== this.context.nodeId) this.unicast(nodeId, slab, offset, length);
        }
      }

      unicast(to: NodeId, slab: Slab, offset: number, length: number): boolean {
        send({ to, from: this.context.nodeId, bytes: slab.bytes.slice(offset, offset + length) });
        return true;
      }

      close(): Promise<void> {
        close(this.context.nodeId);
        return Promise.resolve();
      }

      flush(): void {}
      drain(): void {}
      setMembers(): void {}

      links(): readonly LinkStatus[] {
        return [{ link: 0, address: 'simulated', up: true, reason: undefined }];
      }

      counters(): ReadonlyMap<string, number> {
        return new Map();
      }
    }
    return definePlugin({ transports: { sim: SimulatedTransport } });
  }

  /** The node is gone without a word. */
  kill(id: NodeId): void {
    this.ends.delete(id);
  }

  /** Lets time pass until `condition` holds; throws if it does not within `patience` simulated milliseconds. */
  async until(what: string, condition: () => boolean, patience = 20_000): Promise<void> {
    for (let passed = 0; !condition(); passed++) {
      if (passed > patience) throw new Error(`not within ${patience} simulated ms: ${what}`);
      this.step();
      if (passed % 50 === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  }

  private step(): void {
    const arriving = this.underway;
    this.underway = [];
    this.time.advance(1);
    for (const packet of arriving) this.deliver(packet);
  }

  private deliver({ from, to, bytes }: Packet): void {
    const end = this.ends.get(to);
    if (end === undefined || !this.link(from, to)) return;
    const slab = this.pool.take();
    slab.bytes.set(bytes);
    end.received({
      slab,
      count: 1,
      offsets: Uint32Array.of(0),
      lengths: Uint32Array.of(bytes.length),
    });
    slab.release();
  }
}
