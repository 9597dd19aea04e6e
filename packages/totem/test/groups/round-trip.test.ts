import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Receiver } from './receiver.js';
import { Sender, message } from './sender.js';

const anySize = fc.oneof(
  { weight: 4, arbitrary: fc.nat({ max: 300 }) },
  { weight: 2, arbitrary: fc.nat({ max: 20_000 }) },
  // Around what one packet holds, with and without lengths, header and prefix.
  { weight: 2, arbitrary: fc.integer({ min: 1380, max: 1465 }) },
  { weight: 1, arbitrary: fc.integer({ min: 2785, max: 2815 }) },
);

describe('messages packed and assembled again', () => {
  it('are the same, in the same order', () => {
    fc.assert(
      fc.property(fc.array(anySize, { maxLength: 40 }), fc.nat({ max: 5 }), (sizes, flushEvery) => {
        assertDelivered(new Sender(), sizes, flushEvery);
      }),
    );
  });

  it('are the same at other sizes of packets and slabs', () => {
    const sizes = fc.array(fc.nat({ max: 2000 }), { maxLength: 20 });
    fc.assert(
      fc.property(sizes, fc.integer({ min: 100, max: 9000 }), (lengths, netMtu) => {
        assertDelivered(new Sender({ netMtu, slab: 20_000 }), lengths, 3);
      }),
    );
  });

  it('are the same when they are shorter than any real one', () => {
    for (const size of [0, 1, 2, 3]) assertDelivered(new Sender(), new Array<number>(500).fill(size), 0);
  });

  it('are the same at every length of the first message in a packet', () => {
    for (let first = 1300; first < 1420; first++) assertDelivered(new Sender(), [first, 1500, 20], 0);
  });

  it('of several senders do not mix', () => {
    const senders = [1, 2, 3].map(() => new Sender());
    const receiver = new Receiver();
    senders.forEach((sender, i) => {
      for (let n = 0; n < 5; n++) sender.add(message(3000 + n, i));
      sender.packer.flush();
    });
    const packets = senders.map((sender) => sender.take());
    for (let i = 0; i < packets[0]!.length; i++) {
      packets.forEach((ofSender, from) => receiver.receive(from + 1, ofSender[i]!));
    }
    assert.deepEqual(receiver.drops, []);
    for (const i of [0, 1, 2]) {
      const expected = [0, 1, 2, 3, 4].map((n) => Buffer.from(message(3000 + n, i)));
      assert.deepEqual(receiver.messages(i + 1), expected);
    }
  });
});

/** @param flushEvery so many messages; 0 = at the end only. */
function assertDelivered(sender: Sender, sizes: readonly number[], flushEvery: number): void {
  const messages = sizes.map((size, i) => message(size, i));
  messages.forEach((bytes, i) => {
    assert.ok(sender.add(bytes));
    if (flushEvery > 0 && i % flushEvery === 0) sender.packer.flush();
  });
  const receiver = new Receiver();
  receiver.receiveAll(7, sender.send());
  assert.deepEqual(receiver.drops, []);
  assert.equal(receiver.delivered.length, messages.length);
  messages.forEach((bytes, i) => assert.equal(Buffer.compare(receiver.messages(7)[i]!, bytes), 0));
}
