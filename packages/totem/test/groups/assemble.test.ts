import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Assembler, MAX_ASSEMBLY_SIZE, dropReasons, encodeGroupPrefix } from '@coterie/totem/internal';
import { Receiver } from './receiver.js';
import { Sender, message, packetOf } from './sender.js';

/** A message to group `a`, as the parts of packets hold it. */
function toA(text: string): Buffer {
  return Buffer.concat([encodeGroupPrefix('a'), Buffer.from(text)]);
}

function texts(receiver: Receiver, from = 1): string[] {
  return receiver.messages(from).map(String);
}

describe('what does not fit is thrown away', () => {
  it('a continuation without its beginning, but not the messages behind it', () => {
    const receiver = new Receiver();
    assert.equal(receiver.receive(1, packetOf(0, 3, 'end', toA('innocent'))), 'pg_continuation');
    assert.equal(receiver.receive(1, packetOf(0, 0, toA('next'))), undefined);
    assert.deepEqual(texts(receiver), ['innocent', 'next']);
  });

  it('all of the message, up to its end', () => {
    const receiver = new Receiver();
    assert.equal(receiver.receive(1, packetOf(4, 3, 'middle')), 'pg_continuation');
    assert.equal(receiver.receive(1, packetOf(5, 4, 'middle')), 'pg_throwing_away');
    assert.equal(receiver.receive(1, packetOf(1, 5, 'end', toA('whole'), toA('inno'))), 'pg_throwing_away');
    assert.equal(receiver.receive(2, packetOf(0, 0, toA('other sender'))), undefined);
    assert.equal(receiver.receive(1, packetOf(0, 1, 'cent', toA('next'))), undefined);
    assert.deepEqual(texts(receiver), ['whole', 'innocent', 'next']);
    assert.deepEqual(texts(receiver, 2), ['other sender']);
  });

  it('a message without its beginning that ends with its packet', () => {
    const receiver = new Receiver();
    assert.equal(receiver.receive(1, packetOf(0, 7, 'end')), 'pg_continuation');
    assert.equal(receiver.receive(1, packetOf(0, 0, toA('next'))), undefined);
    assert.deepEqual(texts(receiver), ['next']);
  });

  it('a beginning without its end', () => {
    const receiver = new Receiver();
    receiver.receive(1, packetOf(1, 0, toA('begin')));
    assert.equal(receiver.receive(1, packetOf(2, 0, toA('innocent'), toA('ne'))), 'pg_continuation');
    assert.equal(receiver.receive(1, packetOf(0, 2, 'xt')), undefined);
    assert.deepEqual(texts(receiver), ['innocent', 'next']);
  });

  it('a message with a fragment missing', () => {
    const receiver = new Receiver();
    const sender = new Sender();
    for (const seed of [1, 2]) sender.add(message(5000, seed));
    const packets = sender.send();
    sender.add(message(100, 3));
    packets.splice(1, 1);
    receiver.receiveAll(1, [...packets, ...sender.send()]);
    assert.deepEqual(
      receiver.messages(1),
      [message(5000, 2), message(100, 3)].map((one) => Buffer.from(one)),
    );
  });

  it('a packet without parts, and what was unfinished', () => {
    const receiver = new Receiver();
    receiver.receive(1, packetOf(1, 0, toA('begin')));
    assert.equal(receiver.receive(1, packetOf(2, 1)), 'pg_count');
    assert.equal(receiver.receive(1, packetOf(0, 2, 'end', toA('next'))), 'pg_throwing_away');
    assert.deepEqual(texts(receiver), ['next']);
  });

  it('what a packet without parts says will go on, and nothing else', () => {
    const goesOn = new Receiver();
    assert.equal(goesOn.receive(1, packetOf(2, 0)), 'pg_count');
    assert.equal(goesOn.receive(1, packetOf(0, 2, 'end', toA('next'))), 'pg_throwing_away');
    assert.deepEqual(texts(goesOn), ['next']);
    const ends = new Receiver();
    assert.equal(ends.receive(1, packetOf(0, 1)), 'pg_count');
    assert.equal(ends.receive(1, packetOf(0, 0, toA('whole'))), undefined);
    assert.deepEqual(texts(ends), ['whole']);
  });

  it('a packet with wrong lengths, alone', () => {
    const receiver = new Receiver();
    receiver.receive(1, packetOf(1, 0, toA('begin')));
    const packet = packetOf(0, 1, ' end');
    assert.equal(receiver.receive(1, packet.subarray(0, 7)), 'pg_short');
    assert.equal(receiver.receive(1, packet.subarray(0, 9)), 'pg_lengths');
    assert.equal(receiver.receive(1, packet.subarray(0, -1)), 'pg_lengths');
    assert.equal(receiver.receive(1, Buffer.concat([packet, Buffer.alloc(1)])), 'pg_lengths');
    assert.equal(receiver.receive(1, packet), undefined);
    assert.deepEqual(texts(receiver), ['begin end']);
  });

  it('nothing of the longest message that real nodes survive', () => {
    const receiver = new Receiver();
    const longest = Buffer.concat([toA(''), message(MAX_ASSEMBLY_SIZE - 5)]);
    let id = 0;
    for (let at = 0; at < longest.length; at += 0xf000) {
      const next = at + 0xf000 < longest.length ? (id % 255) + 1 : 0;
      assert.equal(receiver.receive(1, packetOf(next, id, longest.subarray(at, at + 0xf000))), undefined);
      id = next;
    }
    assert.equal(Buffer.compare(receiver.messages(1)[0]!, message(MAX_ASSEMBLY_SIZE - 5)), 0);
  });

  it('a message longer than real nodes survive', () => {
    const receiver = new Receiver();
    const part = Buffer.alloc(0xf000);
    let id = 0;
    let pending = 0;
    for (; pending + part.length <= MAX_ASSEMBLY_SIZE; pending += part.length) {
      const next = (id % 255) + 1;
      assert.equal(receiver.receive(1, packetOf(next, id, part)), undefined);
      id = next;
    }
    assert.equal(receiver.receive(1, packetOf(200, id, part)), 'pg_too_long');
    assert.ok(dropReasons.includes('pg_too_long'));
    assert.equal(receiver.receive(1, packetOf(0, 200, part)), 'pg_throwing_away');
    assert.equal(receiver.receive(1, packetOf(0, 0, toA('next'))), undefined);
    assert.deepEqual(texts(receiver), ['next']);
  });
});

describe('the transitional set', () => {
  it('leaves unfinished messages alone, which go on afterwards', () => {
    const receiver = new Receiver();
    receiver.receive(1, packetOf(1, 0, toA('be')));
    receiver.assembler.useTransSet(true);
    receiver.receive(1, packetOf(0, 0, toA('sync')));
    receiver.receive(1, packetOf(5, 0, toA('unfinished')));
    receiver.assembler.useTransSet(false);
    receiver.receive(1, packetOf(0, 1, 'fore', toA('after')));
    receiver.assembler.useTransSet(true);
    receiver.receive(1, packetOf(0, 5, ' no more'));
    assert.deepEqual(receiver.drops, []);
    assert.deepEqual(texts(receiver), ['sync', 'before', 'after', 'unfinished no more']);
  });

  it('may be left within a delivery: the packet goes on as it began', () => {
    const delivered: string[] = [];
    const assembler = new Assembler((_from, view, offset, length) => {
      delivered.push(Buffer.from(view.buffer, view.byteOffset + offset, length).toString());
      assembler.useTransSet(false);
    });
    const receive = (packet: Buffer): unknown => {
      const view = new DataView(packet.buffer, packet.byteOffset, packet.length);
      return assembler.receive(1, view, 0, packet.length);
    };
    assembler.useTransSet(true);
    assert.equal(receive(packetOf(1, 0, 'barrier', 'two', 'thr')), undefined);
    assert.equal(receive(packetOf(0, 0, 'normal')), undefined);
    assembler.useTransSet(true);
    assert.equal(receive(packetOf(0, 1, 'ee')), undefined);
    assert.deepEqual(delivered, ['barrier', 'two', 'normal', 'three']);
  });

  it('and the normal one forget nodes that have left, and only those', () => {
    const receiver = new Receiver();
    for (const trans of [true, false]) {
      receiver.assembler.useTransSet(trans);
      for (const from of [1, 2]) receiver.receive(from, packetOf(1, 0, toA('be')));
    }
    receiver.assembler.forget([1, 3]);
    for (const trans of [true, false]) {
      receiver.assembler.useTransSet(trans);
      assert.equal(receiver.receive(1, packetOf(0, 1, 'fore')), 'pg_continuation');
      assert.equal(receiver.receive(2, packetOf(0, 1, 'fore')), undefined);
    }
    assert.deepEqual(texts(receiver, 2), ['before', 'before']);
    assert.deepEqual(texts(receiver, 1), []);
  });
});

describe('hostile packets of the process-group layer', () => {
  const part = fc.uint8Array({ maxLength: 100 }).map((bytes) => Buffer.from(bytes));
  const id = fc.nat({ max: 3 });
  const packet = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc
      .tuple(id, id, fc.array(part, { maxLength: 5 }))
      .map(([fragmented, continuation, parts]) => packetOf(fragmented, continuation, ...parts)),
  );

  it('are never thrown at, and good ones follow as if nothing had been', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat({ max: 3 }), packet), { maxLength: 50 }), (packets) => {
        const receiver = new Receiver();
        for (const [from, bytes] of packets) receiver.receive(from, bytes);
        assert.ok(receiver.drops.every((reason) => dropReasons.includes(reason)));
        // Two packets that end with whole messages bring any sender back into step.
        for (const from of [0, 1, 2, 3]) {
          for (const text of ['lost perhaps', 'there']) receiver.receive(from, packetOf(0, 0, toA(text)));
          assert.equal(texts(receiver, from).at(-1), 'there');
        }
      }),
      { numRuns: 500 },
    );
  });
});
