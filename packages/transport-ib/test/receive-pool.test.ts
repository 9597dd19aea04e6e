import assert from 'node:assert/strict';
import type { Slab } from '@coterie/sdk';
import { Counters } from '../dist/counters.js';
import { InFlight } from '../dist/in-flight.js';
import { BUFFERS, depthOf, ReceivePool } from '../dist/receive-pool.js';
import { SlabPool } from '@coterie/sdk';
import { FakeEndpoint } from './fake-endpoint.js';

describe('the pool of receive buffers', () => {
  const datagram = 100;
  let counters: Counters;
  let endpoint: FakeEndpoint;
  let pool: ReceivePool;
  let kept: Slab[];
  /** Should the receiver retain what it gets? */
  let keep: boolean;
  let inbox: { offsets: Uint32Array; lengths: Uint32Array };
  let seen: string[];

  beforeEach(() => {
    counters = new Counters();
    endpoint = new FakeEndpoint();
    [kept, keep, seen] = [[], false, []];
    inbox = { offsets: new Uint32Array(BUFFERS), lengths: new Uint32Array(BUFFERS) };
    pool = new ReceivePool(datagram, 2 * BUFFERS, inbox, counters, ({ slab, count, offsets, lengths }) => {
      for (let i = 0; i < count; i++)
        seen.push(Buffer.from(slab.bytes.subarray(offsets[i]!, offsets[i]! + lengths[i]!)).toString());
      if (!keep) return;
      slab.retain();
      kept.push(slab);
    });
    pool.serve(endpoint);
  });

  /** The device writes one packet into a slab that it has; `last`: with that it is through with the slab. */
  function arrives(text: string, last: boolean): void {
    const [number, bytes] = [...endpoint.posted][0]!;
    bytes.set(Buffer.from(text), 40);
    inbox.offsets[0] = 40;
    inbox.lengths[0] = text.length;
    if (last) endpoint.posted.delete(number);
    pool.deliver(number, 1, last);
  }

  it('has as many slabs with the device as were wanted', () => {
    assert.equal(endpoint.posted.size, 2);
    assert.equal(depthOf(2 * BUFFERS), 2 * BUFFERS);
    assert.equal(depthOf(2 * BUFFERS + 1), 3 * BUFFERS);
    for (const bytes of endpoint.posted.values()) assert.equal(bytes.length, BUFFERS * (40 + datagram));
  });

  it('gives a slab back to the device when it is used up and nobody keeps a packet', () => {
    arrives('one', true);
    assert.equal(endpoint.posted.size, 2);
    assert.deepEqual(seen, ['one']);
    assert.equal(pool.bytes, 2 * pool.size, 'no third slab was needed');
  });

  it('never posts a slab in which somebody keeps a packet, and does when it is released', () => {
    keep = true;
    arrives('kept', true);
    const [slab] = kept;
    assert.ok(![...endpoint.posted.values()].includes(slab!.bytes));
    assert.equal(endpoint.posted.size, 2, 'another one takes its place');
    assert.equal(Buffer.from(slab!.bytes.subarray(40, 44)).toString(), 'kept');
    slab!.release();
    arrives('kept as well', true);
    assert.ok([...endpoint.posted.values()].includes(slab!.bytes), 'it is in use again');
  });

  it('copies what the ring keeps beyond its share, so that the device keeps its buffers', () => {
    keep = true;
    for (let i = 0; i < 100; i++) arrives(`packet ${i}`, true);
    assert.equal(endpoint.posted.size, 2);
    assert.equal(pool.bytes, 10 * pool.size, 'two with the device, eight kept');
    assert.equal(counters.get('rx_copied'), 92);
    assert.deepEqual(
      seen,
      Array.from({ length: 100 }, (_, i) => `packet ${i}`),
    );
    for (const slab of kept) slab.release();
    assert.equal(endpoint.posted.size, 2);
  });

  it('goes on with what there is when no more memory may be locked', () => {
    keep = true;
    endpoint.refuses = true;
    arrives('one', true);
    assert.equal(counters.get('rx_memory_refused'), 1);
    assert.equal(endpoint.posted.size, 1);
    endpoint.refuses = false;
    keep = false;
    for (let i = 0; i < 10; i++) arrives(`more ${i}`, true);
    assert.equal(endpoint.posted.size, 2, 'the slab that was refused has its turn');
  });

  it('takes everything back from an endpoint that is closed, and serves the next one', () => {
    keep = true;
    arrives('kept', false);
    endpoint.close();
    pool.withdraw();
    const next = new FakeEndpoint();
    pool.serve(next);
    assert.equal(next.posted.size, 2);
    assert.ok(![...next.posted.values()].includes(kept[0]!.bytes), 'a packet in it is kept');
    kept[0]!.release();
    assert.equal(next.posted.size, 2);
  });

  it('bears it when a delivery closes the endpoint', () => {
    const closing = new FakeEndpoint();
    const hasty: ReceivePool = new ReceivePool(datagram, 1, inbox, counters, () => {
      closing.close();
      hasty.withdraw();
    });
    hasty.serve(closing);
    inbox.offsets[0] = 40;
    inbox.lengths[0] = 4;
    hasty.deliver([...closing.posted.keys()][0]!, 1, true);
    assert.equal(closing.posted.size, 0);
    const next = new FakeEndpoint();
    hasty.serve(next);
    assert.equal(next.posted.size, 1);
  });
});

describe('slabs on their way out', () => {
  it('are released when their last packet has left, in order', () => {
    const pool = new SlabPool(8, 4);
    const inFlight = new InFlight();
    const [a, b] = [pool.take(), pool.take()];
    inFlight.hold([a, b], 10);
    inFlight.hold([b], 12);
    a.release();
    b.release();
    inFlight.release(9);
    assert.equal(inFlight.count, 3);
    inFlight.release(10);
    assert.equal(inFlight.count, 1);
    assert.equal(pool.take(), a, 'a is free');
    assert.notEqual(pool.take(), b, 'b is not');
    inFlight.release(Infinity);
    assert.equal(inFlight.count, 0);
    assert.equal(pool.take(), b);
  });

  it('stay in order over thousands of rounds', () => {
    const pool = new SlabPool(8, 4);
    const inFlight = new InFlight();
    for (let number = 1; number <= 3000; number++) {
      const slab = pool.take();
      inFlight.hold([slab], number);
      slab.release();
      inFlight.release(number - 3);
      assert.equal(inFlight.count, Math.min(number, 3));
    }
  });
});
