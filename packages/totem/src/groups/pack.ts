import { CoterieError } from '@coterie/sdk';
import type { Slab, SlabPool } from '@coterie/sdk';
import { MCAST_SIZE } from '../wire/mcast.js';
import { MAX_MESSAGE_SIZE, PG_HEADER_SIZE } from './layout.js';
import { PacketRef, type PacketQueue } from './packet-queue.js';

/**
 * The shortest message of a service: prefix of a one-letter group, service header, part length. Packets have room
 * for as many parts as there could be of these; even shorter messages fill them by count, not by size.
 */
const SHORTEST_PART = 5 + 16 + 2;

/**
 * Packs messages into packets of the process-group layer and queues those for sending: several short messages
 * share a packet, a long one continues from packet to packet. A packet is built where it stays, in a slab, with
 * room in front for the mcast header that it gets when it is sent.
 *
 * Messages with a tail are cut as corosync cuts all of them (totempg.c, mcast_msg).
 */
export class Packer {
  /** Bytes of a packet behind its header: part lengths and parts. */
  private readonly capacity: number;
  private readonly maxParts: number;
  /** Bytes kept free in front of the parts, until their number is known. */
  private readonly front: number;
  private queue: PacketQueue;

  private slab: Slab;
  /** The packet being filled: its parts lie between these two offsets in the slab. */
  private start = 0;
  private end = 0;
  /** Lengths of the parts that are complete, and where the next one begins. */
  private readonly lengths: Uint16Array;
  private count = 0;
  private partStart = 0;
  private continuation = 0;
  /** The message being added: id of its last fragment, bytes not packed yet. */
  private fragment = 0;
  private remaining = 0;
  private readonly packet = new PacketRef();

  /**
   * @param netMtu bytes of a packet without the mcast header: `netmtu` less two such headers; 100 or more.
   * @param pool slabs that can hold several packets.
   */
  constructor(
    netMtu: number,
    private readonly pool: SlabPool,
    private readonly normalQueue: PacketQueue,
    private readonly transQueue: PacketQueue,
  ) {
    this.capacity = netMtu - PG_HEADER_SIZE;
    this.maxParts = Math.floor(this.capacity / SHORTEST_PART);
    this.front = MCAST_SIZE + PG_HEADER_SIZE + 2 * this.maxParts;
    this.lengths = new Uint16Array(this.maxParts);
    this.queue = normalQueue;
    this.slab = pool.take();
    this.open(0);
  }

  /** Is there room in the active queue for a message of so many bytes, group prefix included? */
  room(bytes: number): boolean {
    // One packet for what is staged and the beginning of the message, the others hold nothing but the message.
    const packets = 1 + Math.ceil(bytes / (this.capacity - 2));
    return this.queue.length + packets <= this.queue.capacity;
  }

  /**
   * Adds a message, copied: group prefix, header, tail. One without a tail that fits into a packet is not cut:
   * after a change of the ring its end would mean nothing to those who come in, and a join or a leave of a process
   * is for them, too. False, and nothing has happened, if there is no {@link room}. Throws COTERIE_E_MESSAGE_SIZE if it is longer than MAX_MESSAGE_SIZE.
   */
  add(groupPrefix: Uint8Array, header: Uint8Array, tail: Uint8Array | undefined): boolean {
    const length = groupPrefix.length + header.length + (tail === undefined ? 0 : tail.length);
    if (length > MAX_MESSAGE_SIZE) {
      throw new CoterieError(
        'COTERIE_E_MESSAGE_SIZE',
        `message of ${length} bytes, the longest has ${MAX_MESSAGE_SIZE}`,
      );
    }
    if (!this.room(length)) return false;
    const fitsLater = this.count > 0 && length > this.limit() - this.end && length <= this.capacity - 2;
    if (tail === undefined && fitsLater) this.seal(0);
    this.remaining = length;
    this.fragment = 0;
    this.append(groupPrefix);
    this.append(header);
    if (tail !== undefined) this.append(tail);
    this.endPart();
    // The next message needs a length and at least one byte.
    if (this.count === this.maxParts || this.end >= this.limit()) this.seal(0);
    return true;
  }

  /** Queues the packet that is not full yet, if it holds anything: there will be no better time to send it. */
  flush(): void {
    if (this.count > 0 && this.queue.length < this.queue.capacity) this.seal(0);
  }

  /**
   * From now on packets go to the transitional queue, or to the normal one again. What waits in a packet stays
   * with the queue it was meant for: an ordinary message must not get ahead of synchronisation (corosync 40263892),
   * and receivers keep apart what came before. There is room: `room` always counts the packet being filled.
   */
  useTransQueue(trans: boolean): void {
    const queue = trans ? this.transQueue : this.normalQueue;
    if (queue === this.queue) return;
    if (this.count > 0) this.seal(0);
    this.queue = queue;
  }

  /**
   * The ring changes. Who joins it has missed the beginning of a message that is being sent, and ignores its end
   * with everything else in that packet: joins and leaves of processes, say, which the others then hear of and it
   * does not. So the end gets a packet of its own. (Real nodes do not do this; they read such packets as any.)
   */
  isolateEnd(): void {
    const queue = this.normalQueue;
    const packet = this.packet;
    for (let i = 0; queue.peek(i, packet); i++) {
      const { view } = packet.slab!;
      const header = packet.offset + MCAST_SIZE;
      if (i === 0 && view.getUint8(header + 5) === 0) return;
      const count = view.getUint16(header + 6, true);
      if (count === 1 && view.getUint8(header + 4) !== 0) continue;
      if (count > 1) this.splitFirstPart(i, count);
      return;
    }
  }

  /** Of the queued packet that {@link packet} refers to, behind `index` others and of `count` parts. */
  private splitFirstPart(index: number, count: number): void {
    const { offset, slab } = this.packet;
    const { bytes, view } = slab!;
    const header = offset + MCAST_SIZE;
    const parts = header + PG_HEADER_SIZE + 2 * count;
    const length = view.getUint16(header + PG_HEADER_SIZE, true);
    const fragmented = view.getUint8(header + 4);

    const first = new PacketRef();
    first.slab = this.pool.take();
    first.length = MCAST_SIZE + PG_HEADER_SIZE + 2 + length;
    first.slab.bytes.set(bytes.subarray(header, header + PG_HEADER_SIZE + 2), MCAST_SIZE);
    first.slab.bytes.set(bytes.subarray(parts, parts + length), MCAST_SIZE + PG_HEADER_SIZE + 2);
    first.slab.view.setUint8(MCAST_SIZE + 4, 0);
    first.slab.view.setUint16(MCAST_SIZE + 6, 1, true);

    const rest = offset + 2 + length;
    if (!this.normalQueue.split(index, first, rest)) {
      first.slab.release();
      return;
    }
    // The header and the other lengths move up to the other parts, over the one that has left.
    bytes.copyWithin(rest + MCAST_SIZE + PG_HEADER_SIZE, header + PG_HEADER_SIZE + 2, parts);
    view.setUint32(rest + MCAST_SIZE, 0, true);
    view.setUint8(rest + MCAST_SIZE + 4, fragmented);
    view.setUint8(rest + MCAST_SIZE + 5, 0);
    view.setUint16(rest + MCAST_SIZE + 6, count - 1, true);
  }

  private append(chunk: Uint8Array): void {
    let done = 0;
    while (done < chunk.length) {
      const size = Math.min(chunk.length - done, this.limit() - this.end);
      this.slab.bytes.set(size === chunk.length ? chunk : chunk.subarray(done, done + size), this.end);
      done += size;
      this.end += size;
      this.remaining -= size;
      if (this.remaining > 0 && this.end === this.limit()) {
        this.endPart();
        this.fragment = (this.fragment % 255) + 1;
        this.seal(this.fragment);
      }
    }
  }

  /** Where the parts must end if one more than now is in the packet. */
  private limit(): number {
    return this.start + this.capacity - 2 * (this.count + 1);
  }

  private endPart(): void {
    this.lengths[this.count++] = this.end - this.partStart;
    this.partStart = this.end;
  }

  /** Completes the packet, queues it and opens the next. The queue has room. */
  private seal(fragmented: number): void {
    const { view } = this.slab;
    const lengthsAt = this.start - 2 * this.count;
    const header = lengthsAt - PG_HEADER_SIZE;
    view.setUint32(header, 0, true);
    view.setUint8(header + 4, fragmented);
    view.setUint8(header + 5, this.continuation);
    view.setUint16(header + 6, this.count, true);
    for (let i = 0; i < this.count; i++) view.setUint16(lengthsAt + 2 * i, this.lengths[i]!, true);

    const offset = header - MCAST_SIZE;
    this.slab.retain();
    this.queue.push(this.slab, offset, this.end - offset);
    this.continuation = fragmented;
    this.open(this.end);
  }

  /** Begins a packet at `offset` of the slab, or in a new slab if it might not fit. */
  private open(offset: number): void {
    if (offset + this.front + this.capacity > this.slab.bytes.length) {
      this.slab.release();
      this.slab = this.pool.take();
      offset = 0;
    }
    this.start = offset + this.front;
    this.end = this.start;
    this.partStart = this.start;
    this.count = 0;
  }
}
