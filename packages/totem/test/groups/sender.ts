import { SlabPool } from '@coterie/sdk';
import {
  MCAST_SIZE,
  PG_HEADER_SIZE,
  PacketQueue,
  PacketRef,
  Packer,
  encodeGroupPrefix,
} from '@coterie/totem/internal';

export const NET_MTU = 1410;
export const QUEUE_CAPACITY = 2974;

/** A packer with its queues, and the packets of the process-group layer that came out of them. */
export class Sender {
  readonly pool: SlabPool;
  readonly normalQueue: PacketQueue;
  readonly transQueue: PacketQueue;
  readonly packer: Packer;
  private readonly prefix = encodeGroupPrefix('a');

  constructor({ netMtu = NET_MTU, capacity = QUEUE_CAPACITY, slab = 0x1_0000 } = {}) {
    this.pool = new SlabPool(slab, 4);
    this.normalQueue = new PacketQueue(capacity);
    this.transQueue = new PacketQueue(capacity);
    this.packer = new Packer(netMtu, this.pool, this.normalQueue, this.transQueue);
  }

  /** Adds a message to group `a`; it is told apart by its bytes. */
  add(message: Uint8Array): boolean {
    const half = message.length >> 1;
    return this.packer.add(this.prefix, message.subarray(0, half), message.subarray(half));
  }

  /** The same, without a tail. */
  command(message: Uint8Array): boolean {
    return this.packer.add(this.prefix, message, undefined);
  }

  /** Everything in a queue, removed from it: payloads of mcasts. */
  take(queue: PacketQueue = this.normalQueue): Buffer[] {
    const packets: Buffer[] = [];
    const packet = new PacketRef();
    while (queue.shift(packet)) {
      const { slab, offset, length } = packet;
      packets.push(Buffer.from(slab!.bytes.slice(offset + MCAST_SIZE, offset + length)));
      slab!.release();
    }
    return packets;
  }

  /** Everything, after a flush. */
  send(): Buffer[] {
    this.packer.flush();
    return this.take();
  }
}

/** What the header of a packet says. */
export function header(packet: Buffer): { fragmented: number; continuation: number; lengths: number[] } {
  const count = packet.readUInt16LE(6);
  return {
    fragmented: packet.readUInt8(4),
    continuation: packet.readUInt8(5),
    lengths: Array.from({ length: count }, (_, i) => packet.readUInt16LE(PG_HEADER_SIZE + 2 * i)),
  };
}

/** A packet with these fields and parts, which need not make sense. */
export function packetOf(fragmented: number, continuation: number, ...parts: (string | Buffer)[]): Buffer {
  const head = Buffer.alloc(PG_HEADER_SIZE + 2 * parts.length);
  head.writeUInt8(fragmented, 4);
  head.writeUInt8(continuation, 5);
  head.writeUInt16LE(parts.length, 6);
  const data = parts.map((part) => Buffer.from(part));
  data.forEach((part, i) => head.writeUInt16LE(part.length, PG_HEADER_SIZE + 2 * i));
  return Buffer.concat([head, ...data]);
}

/** Bytes that differ from place to place and from message to message. */
export function message(size: number, seed = 0): Uint8Array {
  return Uint8Array.from({ length: size }, (_, i) => i * 31 + (i >> 8) + seed);
}
