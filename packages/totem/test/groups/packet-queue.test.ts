import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Slab, SlabPool } from '@coterie/sdk';
import { PacketQueue, PacketRef } from '@coterie/totem/internal';

/** Counts the slabs that have come back. */
class CountingPool extends SlabPool {
  returned = 0;
  override give(slab: Slab): void {
    this.returned++;
    super.give(slab);
  }
}

describe('packet queue', () => {
  it('gives packets back in the order they came, as a plain list would', () => {
    const pool = new SlabPool(16, 10);
    const operations = fc.array(fc.oneof(fc.constant('shift'), fc.nat()), { maxLength: 200 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 10 }), operations, (capacity, sequence) => {
        const queue = new PacketQueue(capacity);
        const expected: [Slab, number][] = [];
        const packet = new PacketRef();
        for (const operation of sequence) {
          if (typeof operation === 'number') {
            const slab = pool.take();
            const fits = expected.length < capacity;
            assert.equal(queue.push(slab, operation, operation + 1), fits);
            if (fits) expected.push([slab, operation]);
          } else {
            const first = expected.shift();
            assert.equal(queue.shift(packet), first !== undefined);
            if (first === undefined) continue;
            assert.equal(packet.slab, first[0]);
            assert.deepEqual([packet.offset, packet.length], [first[1], first[1] + 1]);
          }
          assert.equal(queue.length, expected.length);
        }
      }),
    );
  });

  it('shows packets in their order, and lets one be split, wherever in its memory they are', () => {
    const pool = new SlabPool(100, 10);
    const packet = new PacketRef();
    const shown = (queue: PacketQueue) =>
      Array.from({ length: queue.length }, (_, i) => {
        assert.ok(queue.peek(i, packet));
        return [packet.slab, packet.offset, packet.length];
      });
    for (let shifted = 0; shifted < 5; shifted++) {
      for (const index of [0, 1, 2]) {
        const queue = new PacketQueue(4);
        for (let i = 0; i < shifted; i++) {
          queue.push(pool.take(), 0, 0);
          queue.shift(packet);
        }
        const slabs = Array.from({ length: 3 }, () => pool.take());
        slabs.forEach((slab, i) => assert.ok(queue.push(slab, 10 * i, 8)));
        const whole = slabs.map((slab, i) => [slab, 10 * i, 8]);
        assert.deepEqual(shown(queue), whole);
        assert.ok(!queue.peek(3, packet));

        const first = Object.assign(new PacketRef(), { slab: pool.take(), offset: 50, length: 4 });
        assert.ok(queue.split(index, first, 10 * index + 3));
        const split = [...whole];
        split.splice(index, 1, [first.slab, 50, 4], [slabs[index]!, 10 * index + 3, 5]);
        assert.deepEqual(shown(queue), split);
        assert.ok(!queue.split(index, first, 0), 'it is full');
        assert.deepEqual(shown(queue), split);
      }
    }
  });

  it('releases every slab once when cleared', () => {
    const pool = new CountingPool(16, 0);
    const queue = new PacketQueue(4);
    const packet = new PacketRef();
    for (let i = 0; i < 3; i++) queue.push(pool.take(), 0, 1);
    queue.shift(packet);
    queue.push(pool.take(), 0, 1);
    queue.push(pool.take(), 0, 1);
    queue.clear();
    assert.equal(queue.length, 0);
    assert.equal(pool.returned, 4);
    packet.slab!.release();
    assert.equal(pool.returned, 5);
  });
});
