import assert from 'node:assert/strict';
import {
  PluginContainers,
  SystemTimers,
  systemClock,
  systemRandom,
  type LoadedPlugin,
  type Ports,
} from '@coterie/core';
import {
  Clock,
  Config,
  Counters,
  Logger,
  Random,
  SlabPool,
  Timers,
  TransportContext,
  type Counter,
  type Member,
  type NodeId,
  type PacketBatch,
  type Slab,
  type Transport,
} from '@coterie/sdk';

/** Bytes of the largest packet that the ring makes with the default `netmtu`. */
export const LARGEST = 1500;

const memory = new SlabPool(64 * 1024, 4);

/** One node's transport, and what the ring would have heard from it. */
export class TransportNode {
  readonly transport: Transport;
  /** Copies of all packets received. */
  readonly packets: Buffer[] = [];
  readonly logged: string[] = [];
  /** Hears of each batch before its packets are copied. */
  onBatch: (batch: PacketBatch) => void = () => undefined;
  /** Is `received` being called from inside one of the transport's methods? */
  private inside = false;
  private reentered = false;
  private closing: Promise<void> | undefined;

  constructor(
    loaded: LoadedPlugin,
    name: string,
    section: Readonly<Record<string, unknown>>,
    readonly member: Member,
    private readonly members: readonly Member[],
  ) {
    const type = loaded.plugin.transports[name];
    assert.ok(type, `the plugin has no transport "${name}"`);
    const context: TransportContext = {
      nodeId: member.nodeId,
      members,
      name,
      totem: {
        ...{ clusterName: 'conformance', ipVersion: 'ipv6-4', netmtu: 1500, windowSize: 50 },
        blockUnlistedIps: true,
        downcheck: 1000,
        interface: {
          ...{ bindnetaddr: undefined, mcastaddr: undefined, mcastport: 5405, broadcast: false, ttl: 1 },
        },
      },
    };
    const container = new PluginContainers(new Map()).open(loaded, this.ports(section));
    this.transport = container.construct(type, new Map([[TransportContext, context]]) as Ports);
  }

  get id(): NodeId {
    return this.member.nodeId;
  }

  /** The numbers of the packets received, see {@link packet}. */
  get numbers(): number[] {
    return this.packets.map((bytes) => bytes.readUInt32LE(0));
  }

  async open(): Promise<this> {
    await this.transport.open({
      received: (batch) => {
        this.reentered ||= this.inside;
        this.onBatch(batch);
        for (let i = 0; i < batch.count; i++) {
          const offset = batch.offsets[i]!;
          this.packets.push(Buffer.from(batch.slab.bytes.subarray(offset, offset + batch.lengths[i]!)));
        }
      },
      linkChanged: () => undefined,
    });
    return this;
  }

  broadcast(...packets: readonly Uint8Array[]): void {
    this.queue(packets, (...where) => this.transport.broadcast(...where));
  }

  unicast(to: NodeId, ...packets: readonly Uint8Array[]): boolean {
    let known = true;
    this.queue(packets, (...where) => (known = this.transport.unicast(to, ...where) && known));
    return known;
  }

  /** @throws AssertionError if packets were handed over from inside a call */
  flush(): void {
    this.inside = true;
    this.transport.flush();
    this.inside = false;
    assert.ok(!this.reentered, 'received was called from inside broadcast, unicast or flush');
  }

  close(): Promise<void> {
    return (this.closing ??= this.transport.close());
  }

  /** Without a part of its own: everybody knows the member itself. */
  without(...ids: readonly NodeId[]): readonly Member[] {
    return this.members.filter(({ nodeId }) => !ids.includes(nodeId));
  }

  /** Copies packets into memory of their own and hands them over, as the ring does. */
  private queue(
    packets: readonly Uint8Array[],
    send: (slab: Slab, offset: number, length: number) => void,
  ): void {
    this.inside = true;
    for (const bytes of packets) {
      const slab = memory.take();
      slab.bytes.set(bytes);
      send(slab, 0, bytes.length);
      slab.release();
    }
    this.inside = false;
  }

  private ports(section: Readonly<Record<string, unknown>>): Ports {
    const say = (message: string) => void this.logged.push(message);
    const log: Logger = { error: say, warn: say, info: say, debug: say, trace: say, enabled: () => true };
    const counters = new Map<string, Counter>();
    return new Map<symbol, unknown>([
      [Logger, log],
      [Clock, systemClock],
      [Timers, new SystemTimers(systemClock)],
      [Random, systemRandom],
      [Config, { section, onReload: () => () => undefined } satisfies Config],
      [
        Counters,
        {
          counter: (name) => {
            const known = counters.get(name) ?? { value: 0 };
            counters.set(name, known);
            return known;
          },
        } satisfies Counters,
      ],
    ]);
  }
}

/** A packet of this size, four bytes at least, that tells its number and of which every byte follows from it. */
export function packet(number: number, size: number): Buffer {
  const bytes = Buffer.alloc(size, number % 251);
  bytes.writeUInt32LE(number, 0);
  return bytes;
}
