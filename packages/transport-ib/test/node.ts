import assert from 'node:assert/strict';
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
import { IbTransport } from '@coterie/transport-ib';

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

const pool = new SlabPool(256 * 1024, 16);

/** A transport with a log and a memory: what the executive and the ring would see of it. */
export class TestNode {
  readonly transport: IbTransport;
  readonly logged: string[] = [];
  /** Copies of all packets received. */
  readonly packets: Buffer[] = [];
  readonly linkChanges: boolean[] = [];
  /** Runs for each batch, before the packets are copied. */
  onBatch: (batch: PacketBatch) => void = () => {};

  constructor(
    readonly nodeId: NodeId,
    readonly members: readonly Member[],
    settings: Partial<TotemTransportSettings> = {},
  ) {
    const say = (message: string) => void this.logged.push(message);
    const log: Logger = { error: say, warn: say, info: say, debug: say, trace: say, enabled: () => true };
    const context: TransportContext = {
      nodeId,
      members,
      name: 'iba',
      totem: {
        ...{ clusterName: 'test', ipVersion: 'ipv6-4', netmtu: 1500, windowSize: 50 },
        ...{ blockUnlistedIps: true, downcheck: 100 },
        interface: {
          ...{ bindnetaddr: undefined, mcastaddr: '239.192.7.7', mcastport: 5405, broadcast: false, ttl: 1 },
        },
        ...settings,
      },
    };
    this.transport = new IbTransport(context, log, timers, clock);
  }

  async open(): Promise<this> {
    await this.transport.open({
      received: (batch) => {
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
    place(packets, (...where) => this.transport.broadcast(...where));
  }

  unicast(to: NodeId, ...packets: readonly Uint8Array[]): boolean {
    let known = true;
    place(packets, (...where) => (known = this.transport.unicast(to, ...where) && known));
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

  get link(): LinkStatus {
    return this.transport.links()[0]!;
  }

  /** Are the paths to these nodes up? */
  reaches(...nodes: readonly NodeId[]): boolean {
    const up = this.link.peers?.filter((peer) => peer.up).map(({ nodeId }) => nodeId) ?? [];
    return nodes.every((node) => up.includes(node));
  }
}

/** Copies packets into slabs, one behind the other, and hands them over. */
function place(
  packets: readonly Uint8Array[],
  queue: (slab: Slab, offset: number, length: number) => void,
): void {
  let slab = pool.take();
  let position = 0;
  for (const packet of packets) {
    if (position + packet.length > pool.size) {
      slab.release();
      slab = pool.take();
      position = 0;
    }
    slab.bytes.set(packet, position);
    queue(slab, position, packet.length);
    position += packet.length;
  }
  slab.release();
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
export async function until(
  condition: () => boolean,
  what: string | (() => string),
  milliseconds = 30_000,
): Promise<void> {
  const deadline = performance.now() + milliseconds;
  while (!condition()) {
    const text = () => (typeof what === 'string' ? what : what());
    assert.ok(performance.now() < deadline, `not in time: ${text()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
