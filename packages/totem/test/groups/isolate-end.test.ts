import assert from 'node:assert/strict';
import { SlabPool } from '@coterie/sdk';
import { Assembler, MCAST_SIZE, Packer, PacketQueue, PacketRef } from '@coterie/totem/internal';

const PREFIX = Uint8Array.of(1);
const NET_MTU = 400;
const nothing = new Uint8Array(0);

function fill(length: number, value: number): Uint8Array {
  return new Uint8Array(length).fill(value);
}

/** What an assembler makes of packets: the first byte behind the prefix and the length of each message. */
function heard(packets: readonly PacketRef[]): string[] {
  const messages: string[] = [];
  const assembler = new Assembler((_, view, offset, length) => {
    messages.push(`${view.getUint8(offset + 1)}:${length - 1}`);
  });
  for (const { slab, offset, length } of packets)
    assembler.receive(1, slab!.view, offset + MCAST_SIZE, length - MCAST_SIZE);
  return messages;
}

/**
 * What a node with corosync's rule hears (totempg_deliver_fn): it ignores all packets from one that goes on with what it
 * has not heard to one that ends with a whole message.
 */
function heardByCorosync(packets: readonly PacketRef[]): string[] {
  let last = 0;
  let ignoring = false;
  const read = packets.filter(({ slab, offset }) => {
    const [fragmented, continuation] = [4, 5].map((at) => slab!.view.getUint8(offset + MCAST_SIZE + at));
    ignoring ||= continuation !== last;
    last = fragmented!;
    const ignored = ignoring;
    if (fragmented === 0) ignoring = false;
    return !ignored;
  });
  return heard(read);
}

function take(queue: PacketQueue): PacketRef[] {
  const packets: PacketRef[] = [];
  for (let next = new PacketRef(); queue.shift(next); next = new PacketRef()) packets.push(next);
  return packets;
}

describe('the end of a message that a change of the ring cuts', () => {
  for (const size of [500, 800, 3000]) {
    for (const sent of [0, 1, 2]) {
      it(`shares its packet with nothing (${size} bytes, ${sent} packets sent before)`, () => {
        const queue = new PacketQueue(100);
        const packer = new Packer(NET_MTU, new SlabPool(10_000, 4), queue, new PacketQueue(100));
        packer.add(PREFIX, nothing, fill(50, 1));
        packer.add(PREFIX, nothing, fill(size, 2));
        for (let i = 3; i < 20; i++) packer.add(PREFIX, nothing, fill(60, i));
        packer.flush();
        const before = Array.from({ length: sent }, () => {
          const packet = new PacketRef();
          assert.ok(queue.shift(packet));
          return packet;
        });
        const queued = queue.length;
        packer.isolateEnd();
        const after = take(queue);
        const small = Array.from({ length: 17 }, (_, i) => `${i + 3}:60`);
        // Who was there all the time hears everything, who joins all but what had begun.
        assert.deepEqual(heard([...before, ...after]), ['1:50', `2:${size}`, ...small]);
        const joiner = heard(after);
        assert.deepEqual(heardByCorosync(after), joiner);
        if (sent === 0) assert.equal(after.length, queued);
        else if (sent === 1 || size > 800) assert.deepEqual(joiner, small);
        else assert.deepEqual(small.slice(-joiner.length), joiner);
        for (const { length } of after) assert.ok(length - MCAST_SIZE <= NET_MTU);
      });
    }
  }

  it('stays where it is while the queue is full', () => {
    const queue = new PacketQueue(4);
    const pool = new SlabPool(10_000, 4);
    const packer = new Packer(NET_MTU, pool, queue, new PacketQueue(1));
    packer.add(PREFIX, nothing, fill(500, 1));
    for (let i = 2; i < 7; i++) packer.add(PREFIX, nothing, fill(60, i));
    packer.flush();
    const beginning = new PacketRef();
    queue.shift(beginning);
    while (queue.push(pool.take(), 0, 0));
    const before = new PacketRef();
    assert.ok(queue.peek(0, before));
    packer.isolateEnd();
    const after = new PacketRef();
    assert.ok(queue.peek(0, after));
    assert.deepEqual(after, before);
    assert.equal(queue.length, 4);
    assert.deepEqual(heard([beginning, after]), ['1:500', '2:60', '3:60', '4:60', '5:60']);
  });
});
