import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import {
  type Clock,
  CoterieError,
  type LinkStatus,
  type Logger,
  type Member,
  type NodeId,
  type PacketBatch,
  type Slab,
  SlabPool,
  type Timers,
  type TotemTransportSettings,
  type TransportContext,
} from '@coterie/sdk';
import { UdpTransport, UdpuTransport } from '@coterie/transport-udp';

const clock: Clock = { now: () => performance.now(), wall: () => Date.now() };

const timers: Timers = {
  timer(expire) {
    let handle: NodeJS.Timeout | undefined;
    return {
      start(milliseconds) {
        clearTimeout(handle);
        handle = setTimeout(() => {
          handle = undefined;
          expire();
        }, milliseconds);
      },
      stop() {
        clearTimeout(handle);
        handle = undefined;
      },
      get running() {
        return handle !== undefined;
      },
    };
  },
};

const pool = new SlabPool(1 << 20, 4);
/** Where packets to send are put, one behind the other. */
let slab = pool.take();
let position = 0;

type Settings = Omit<Partial<TotemTransportSettings>, 'interface'> & {
  interface?: Partial<TotemTransportSettings['interface']>;
};

/** A transport with a log and a memory: what the executive and the ring would see of it. */
export class TestNode {
  readonly transport: UdpTransport | UdpuTransport;
  readonly logged: string[] = [];
  /** Copies of all packets received. */
  readonly packets: Buffer[] = [];
  readonly linkChanges: boolean[] = [];
  batches = 0;
  /** Runs for each batch, before the packets are copied. */
  onBatch: (batch: PacketBatch) => void = () => {};

  constructor(
    name: 'udp' | 'udpu',
    readonly nodeId: NodeId,
    readonly members: readonly Member[],
    settings: Settings = {},
  ) {
    const say = (message: string) => void this.logged.push(message);
    const log: Logger = { error: say, warn: say, info: say, debug: say, trace: say, enabled: () => true };
    const context: TransportContext = {
      nodeId,
      members,
      name,
      totem: {
        clusterName: 'test',
        ipVersion: 'ipv6-4',
        netmtu: 1500,
        windowSize: 50,
        blockUnlistedIps: true,
        downcheck: 20,
        ...settings,
        interface: {
          bindnetaddr: undefined,
          mcastaddr: undefined,
          mcastport: 5405,
          broadcast: false,
          ttl: 1,
          ...settings.interface,
        },
      },
    };
    const Type = name === 'udp' ? UdpTransport : UdpuTransport;
    this.transport = new Type(context, log, timers, clock);
  }

  async open(): Promise<this> {
    await this.transport.open({
      received: (batch) => {
        this.batches++;
        this.onBatch(batch);
        for (let i = 0; i < batch.count; i++) {
          const offset = batch.offsets[i]!;
          this.packets.push(Buffer.from(batch.slab.bytes.subarray(offset, offset + batch.lengths[i]!)));
        }
      },
      linkChanged: (up) => void this.linkChanges.push(up),
    });
    return this;
  }

  broadcast(...packets: readonly Uint8Array[]): void {
    for (const packet of packets) place(packet, (...where) => this.transport.broadcast(...where));
  }

  unicast(to: NodeId, ...packets: readonly Uint8Array[]): boolean {
    let known = true;
    for (const packet of packets) {
      place(packet, (...where) => (known = this.transport.unicast(to, ...where) && known));
    }
    return known;
  }

  counter(name: string): number {
    const value = this.transport.counters().get(name);
    assert.ok(value !== undefined, `no counter ${name}`);
    return value;
  }

  /** The first four bytes of each packet received. */
  get numbers(): number[] {
    return this.packets.map((bytes) => bytes.readUInt32LE(0));
  }

  get member(): Member {
    return this.members.find(({ nodeId }) => nodeId === this.nodeId)!;
  }

  get link(): LinkStatus {
    return this.transport.links()[0]!;
  }
}

/** Copies a packet into a slab and hands that over. */
function place(packet: Uint8Array, queue: (slab: Slab, offset: number, length: number) => void): void {
  if (position + packet.length > pool.size) {
    slab.release();
    slab = pool.take();
    position = 0;
  }
  slab.bytes.set(packet, position);
  queue(slab, position, packet.length);
  position += packet.length;
}

/** A packet of this size that tells its number. */
export function packet(number: number, size: number): Buffer {
  const bytes = Buffer.alloc(size, number % 251);
  bytes.writeUInt32LE(number, 0);
  return bytes;
}

export async function rejectsWith(promise: Promise<unknown>, code: string, message: RegExp): Promise<void> {
  await assert.rejects(promise, (error) => {
    assert.ok(error instanceof CoterieError);
    assert.equal(error.code, code);
    assert.match(error.message, message);
    return true;
  });
}

/** Waits for the event loop to make it true. */
export async function until(condition: () => boolean, what: string | (() => string)): Promise<void> {
  const deadline = performance.now() + 20_000;
  while (!condition()) {
    const text = () => (typeof what === 'string' ? what : what());
    assert.ok(performance.now() < deadline, `not in time: ${text()}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** UDP ports that were free a moment ago, below those of the daemons of other tests and those that the system gives. */
export async function freePorts(address: string, count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const port = 10_000 + 2 * Math.floor(Math.random() * 5000);
    if (ports.includes(port)) continue;
    const socket = createSocket(address.includes(':') ? 'udp6' : 'udp4');
    try {
      socket.bind({ address, port, exclusive: true });
      await once(socket, 'listening');
      ports.push(port);
    } catch {
      // taken: the next one
    } finally {
      socket.close();
    }
  }
  return ports;
}
