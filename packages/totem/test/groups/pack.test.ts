import assert from 'node:assert/strict';
import fc from 'fast-check';
import { CoterieError } from '@coterie/sdk';
import { MAX_MESSAGE_SIZE, PacketRef } from '@coterie/totem/internal';
import { Receiver } from './receiver.js';
import { NET_MTU, Sender, header, message } from './sender.js';

const PREFIX = 5;
/** The most that one packet holds of one message, prefix included. */
const WHOLE_PACKET = NET_MTU - 8 - 2;

describe('packing', () => {
  it('cuts nothing that leaves room for a byte more, and fills packets otherwise', () => {
    const sizes = (length: number): number[][] => {
      const sender = new Sender();
      sender.add(message(length - PREFIX));
      return sender.send().map((packet) => header(packet).lengths);
    };
    assert.deepEqual(sizes(1399), [[1399]]);
    assert.deepEqual(sizes(1400), [[1400]]);
    assert.deepEqual(sizes(1401), [[1400], [1]]);
    assert.deepEqual(sizes(1402), [[1400], [2]]);
    assert.deepEqual(sizes(2800), [[1400], [1400]]);
    assert.deepEqual(sizes(2801), [[1400], [1400], [1]]);
  });

  it('cuts no message without a tail that fits into a packet', () => {
    const lengths = (...sizes: readonly number[]) => {
      const sender = new Sender();
      for (const size of sizes) assert.ok(sender.command(message(size - PREFIX)));
      return sender.send().map((packet) => header(packet).lengths);
    };
    assert.deepEqual(lengths(1000, 300), [[1000, 300]]);
    assert.deepEqual(lengths(1000, 398), [[1000, 398]]);
    assert.deepEqual(lengths(1000, 399), [[1000], [399]]);
    assert.deepEqual(lengths(1000, 1400, 20), [[1000], [1400], [20]]);
    assert.deepEqual(lengths(1000, 1401), [[1000, 398], [1003]]);
  });

  it('queues a packet at once when no other message fits, else at the flush', () => {
    const queued = (length: number): number => {
      const sender = new Sender();
      sender.add(message(length - PREFIX));
      return sender.take().length;
    };
    assert.equal(queued(WHOLE_PACKET - 3), 0);
    assert.equal(queued(WHOLE_PACKET - 2), 1);
    assert.equal(queued(WHOLE_PACKET), 1);
    assert.equal(queued(WHOLE_PACKET + 100), 1);
  });

  it('makes datagrams of at most 1455 bytes', () => {
    const sender = new Sender();
    for (let i = 0; i < 50; i++) sender.add(message(400 * i));
    sender.packer.flush();
    const packet = new PacketRef();
    let longest = 0;
    while (sender.normalQueue.shift(packet)) longest = Math.max(longest, packet.length);
    assert.equal(longest, 1455);
  });

  it('numbers fragments from 1 in every message and wraps from 255 to 1', () => {
    const sender = new Sender();
    sender.add(message(100));
    sender.add(message(300 * WHOLE_PACKET));
    sender.add(message(2 * WHOLE_PACKET));
    const packets = sender.send().map(header);
    const first = Array.from({ length: 300 }, (_, i) => (i % 255) + 1);
    assert.deepEqual(
      packets.map((packet) => packet.fragmented),
      [...first, 1, 2, 0],
    );
    packets.forEach(({ continuation }, i) => assert.equal(continuation, packets[i - 1]?.fragmented ?? 0));
  });

  it('puts many short messages in one packet', () => {
    const sender = new Sender();
    for (let i = 0; i < 10; i++) sender.add(message(16, i));
    const packets = sender.send();
    assert.deepEqual(header(packets[0]!).lengths, new Array(10).fill(21));
    assert.equal(packets.length, 1);
  });

  it('adds all of a message or nothing', () => {
    const sizes = fc.array(fc.nat({ max: 20_000 }), { maxLength: 60 });
    fc.assert(
      fc.property(sizes, (lengths) => {
        const sender = new Sender({ capacity: 50 });
        const accepted: Uint8Array[] = [];
        lengths.forEach((length, i) => {
          const bytes = message(length, i);
          const room = sender.packer.room(length + PREFIX);
          assert.equal(sender.add(bytes), room);
          if (room) accepted.push(bytes);
        });
        const receiver = new Receiver();
        receiver.receiveAll(1, sender.send());
        assert.deepEqual(receiver.drops, []);
        assert.deepEqual(
          receiver.messages(1),
          accepted.map((bytes) => Buffer.from(bytes)),
        );
      }),
    );
  });

  it('has room for a message when the queue takes its packets and the one being filled', () => {
    const { packer } = new Sender({ capacity: 3 });
    assert.ok(packer.room(2 * WHOLE_PACKET));
    assert.ok(!packer.room(2 * WHOLE_PACKET + 1));
  });

  it('puts at most 60 messages in one packet, however short', () => {
    const sender = new Sender();
    for (let i = 0; i < 100; i++) sender.add(message(0));
    assert.deepEqual(
      sender.send().map((packet) => header(packet).lengths.length),
      [60, 40],
    );
  });

  it('builds packets side by side in a slab', () => {
    const sender = new Sender();
    for (let i = 0; i < 10; i++) sender.add(message(1000, i));
    sender.packer.flush();
    const slabs = new Set<unknown>();
    const packet = new PacketRef();
    while (sender.normalQueue.shift(packet)) slabs.add(packet.slab);
    assert.equal(slabs.size, 1);
  });

  it('takes a message of 1 MiB and refuses what is too long for real nodes', () => {
    const sender = new Sender();
    assert.ok(sender.add(new Uint8Array(MAX_MESSAGE_SIZE - PREFIX)), 'the longest');
    sender.send();
    assert.ok(sender.add(message(0x10_0000)));
    const receiver = new Receiver();
    receiver.receiveAll(1, sender.send());
    assert.equal(Buffer.compare(receiver.messages(1)[0]!, message(0x10_0000)), 0);
    assert.throws(
      () => sender.add(new Uint8Array(MAX_MESSAGE_SIZE - PREFIX + 1)),
      (error) =>
        error instanceof CoterieError &&
        error.code === 'COTERIE_E_MESSAGE_SIZE' &&
        error.message.includes(`${MAX_MESSAGE_SIZE + 1} bytes`),
    );
  });

  it('keeps a staged packet while the queue is full', () => {
    const sender = new Sender({ capacity: 3 });
    assert.ok(sender.add(message(10)));
    while (sender.normalQueue.push(sender.pool.take(), 0, 1));
    sender.packer.flush();
    assert.equal(sender.normalQueue.length, 3);
    sender.normalQueue.clear();
    sender.packer.flush();
    assert.deepEqual(
      sender.take(sender.normalQueue).map((packet) => header(packet).lengths),
      [[15]],
    );
  });

  it('gives every slab back', () => {
    const sender = new Sender();
    const free: unknown[] = [];
    for (let round = 0; round < 20; round++) {
      sender.add(message(0x1_0000));
      sender.send();
      const slab = sender.pool.take();
      free.push(slab);
      slab.release();
    }
    assert.ok(new Set(free).size <= 4, 'slabs are used again');
  });
});

describe('switching between the send queues', () => {
  it('leaves what is staged with the queue it was meant for', () => {
    const sender = new Sender();
    sender.add(message(10));
    sender.packer.useTransQueue(true);
    sender.add(message(20));
    sender.packer.useTransQueue(false);
    sender.packer.flush();
    assert.deepEqual(
      [sender.normalQueue, sender.transQueue].map((queue) =>
        sender.take(queue).map((p) => header(p).lengths),
      ),
      [[[15]], [[25]]],
    );
  });

  it('sends nothing because of a switch to the one in use', () => {
    const sender = new Sender();
    sender.add(message(10));
    sender.packer.useTransQueue(false);
    assert.equal(sender.normalQueue.length, 0);
  });

  it('sends the end of a message where its beginning went', () => {
    const sender = new Sender();
    const [torn, other] = [message(2000, 1), message(30, 2)];
    sender.add(torn);
    sender.packer.useTransQueue(true);
    sender.add(other);
    sender.packer.flush();
    const receiver = new Receiver();
    receiver.receiveAll(1, sender.take(sender.transQueue));
    receiver.receiveAll(1, sender.take(sender.normalQueue));
    assert.deepEqual(receiver.drops, []);
    assert.deepEqual(
      receiver.messages(1),
      [other, torn].map((bytes) => Buffer.from(bytes)),
    );
  });

  it('loses and tears nothing, whatever the order of messages, switches and flushes', () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.nat({ max: 5000 }) },
      fc.constantFrom('trans', 'normal', 'flush'),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
        const sender = new Sender();
        let added = 0;
        for (const action of steps) {
          if (typeof action === 'number') assert.ok(sender.add(message(action, added++)));
          else if (action === 'flush') sender.packer.flush();
          else sender.packer.useTransQueue(action === 'trans');
        }
        sender.packer.flush();
        const receiver = new Receiver();
        receiver.receiveAll(1, sender.take(sender.normalQueue));
        receiver.assembler.useTransSet(true);
        receiver.receiveAll(1, sender.take(sender.transQueue));
        assert.deepEqual(receiver.drops, []);
        const sizes = steps.filter((action) => typeof action === 'number');
        const expected = sizes.map((size, i) => Buffer.from(message(size, i)).toString('hex'));
        const delivered = receiver.messages(1).map((bytes) => bytes.toString('hex'));
        assert.deepEqual(delivered.sort(), expected.sort());
      }),
    );
  });
});
