import assert from 'node:assert/strict';
import { CsError } from '@coterie/sdk';
import { CfgEvent, CfgRequest, CfgResponse, Shutdown, parseAddress } from '../dist/client-wire.js';
import { FakeNode } from './ports.js';

const words = (...values: number[]): Buffer => {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => bytes.writeUInt32LE(value, 4 * i));
  return bytes;
};
const text = (bytes: Buffer, at: number): string => bytes.toString('utf8', at, bytes.indexOf(0, at));
/** A message to kill. */
const kill = (node: number, reason: string): Buffer => {
  const body = Buffer.alloc(272);
  body.writeUInt32LE(node, 0);
  body.writeUInt16LE(reason.length, 8);
  body.write(reason, 16);
  return body;
};
/** A program's request for it, as libcfg writes it: 288 bytes with the header of 16. */
const killRequest = (node: number, reason: string): Buffer => {
  const body = Buffer.alloc(272);
  body.writeUInt32LE(node, 0);
  body.writeUInt16LE(reason.length + 1, 8);
  body.write(reason, 10);
  return body;
};

describe('cfg', () => {
  it('tells the own node id', () => {
    const { id, error, bytes } = new FakeNode().ask(CfgRequest.localNode);
    assert.deepEqual([id, error, bytes.length], [CfgResponse.localNode, CsError.OK, 32]);
    assert.equal(bytes.readUInt32LE(24), 1);
  });

  it('tells addresses as sockets have them', () => {
    const node = new FakeNode();
    const own = node.ask(CfgRequest.addresses, words(0, 0));
    assert.deepEqual([own.id, own.error, own.bytes.length], [CfgResponse.addresses, CsError.OK, 48]);
    assert.deepEqual([own.bytes.readUInt32LE(24), own.bytes.readUInt32LE(28)], [2, 1]);
    assert.equal(own.bytes.toString('hex', 32), '0a000001000000000000000000000000');
    const other = node.ask(CfgRequest.addresses, words(2, 0));
    assert.equal(other.bytes.readUInt32LE(24), 10);
    assert.equal(other.bytes.toString('hex', 32), 'fd000000000000000000000000010002');
    for (const id of [3, 9]) {
      assert.equal(node.ask(CfgRequest.addresses, words(id, 0)).error, CsError.NOT_EXIST);
    }
  });

  it('knows what an address is', () => {
    const hex = (address: string) => {
      const parsed = parseAddress(address);
      return parsed && Buffer.from(parsed.bytes).toString('hex');
    };
    assert.equal(hex('::1'), '00000000000000000000000000000001');
    assert.equal(hex('fe80::'), 'fe800000000000000000000000000000');
    assert.equal(hex('1:2:3:4:5:6:7:8'), '00010002000300040005000600070008');
    for (const none of ['', '10.0.0', '10.0.0.256', 'node-1', '::g', '1]/x'])
      assert.equal(hex(none), undefined);
  });

  it('tells the state of the only ring', () => {
    const { error, bytes } = new FakeNode().ask(CfgRequest.ringStatus);
    assert.deepEqual([error, bytes.length, bytes.readUInt32LE(24)], [CsError.OK, 10272, 1]);
    assert.deepEqual([text(bytes, 32), text(bytes, 2080)], ['0 10.0.0.1', 'OK']);
  });

  it('tells who is reachable, and over what', () => {
    const node = new FakeNode();
    const status = (id: number) => node.ask(CfgRequest.nodeStatus, words(id, 0, 1, 0));
    const { error, bytes } = status(2);
    assert.deepEqual([error, bytes.length], [CsError.OK, 4200]);
    assert.deepEqual([bytes.readInt32LE(24), bytes.readUInt32LE(28), bytes[32]], [1, 2, 1]);
    assert.deepEqual(
      [bytes[40], bytes[41], bytes.readUInt32LE(44), text(bytes, 48), text(bytes, 304)],
      [1, 1, 1390, 'fd00::1:2', ''],
    );
    const absent = status(3);
    assert.deepEqual(
      [absent.error, absent.bytes[32], absent.bytes[40], absent.bytes[41]],
      [CsError.OK, 0, 1, 0],
    );
    const unknown = status(9);
    assert.deepEqual([unknown.error, unknown.bytes.length, unknown.bytes[40]], [CsError.OK, 4200, 0]);
    assert.equal(node.ask(CfgRequest.nodeStatus, words(1, 0, 2, 0)).error, CsError.NOT_SUPPORTED);
  });

  it('tells a member to stop, and stops when it is told', () => {
    const node = new FakeNode();
    assert.equal(node.ask(CfgRequest.kill, killRequest(2, 'fence')).error, CsError.OK);
    assert.equal(node.ask(CfgRequest.kill, killRequest(3, 'absent')).error, CsError.NOT_EXIST);
    assert.deepEqual(node.sent, [{ fn: 1, bytes: kill(2, 'fence') }]);
    node.room = false;
    assert.equal(node.ask(CfgRequest.kill, killRequest(2, 'fence')).error, CsError.TRY_AGAIN);
    node.deliver(1, kill(2, 'fence'), 1);
    assert.deepEqual(node.shutdowns, []);
    node.deliver(1, kill(1, 'fence'), 2);
    assert.deepEqual(node.shutdowns, ['told to by node 2: fence']);
  });

  it('shuts down when its own word for it has come round, and tells what others do', () => {
    const node = new FakeNode();
    assert.equal(node.ask(CfgRequest.tryShutdown, words(Shutdown.immediate, 0)).error, CsError.OK);
    assert.deepEqual(node.sent, [{ fn: 2, bytes: Buffer.alloc(0) }]);
    assert.deepEqual(node.shutdowns, []);
    node.deliver(2, new Uint8Array(0), 2);
    assert.deepEqual(node.shutdowns, []);
    node.deliver(2, new Uint8Array(0), 1);
    assert.deepEqual(node.shutdowns, ['asked to by a program']);
  });

  it('tells of its shutdown again while there is no room', () => {
    const node = new FakeNode();
    node.room = false;
    node.ask(CfgRequest.tryShutdown, words(Shutdown.immediate, 0));
    node.expire();
    assert.deepEqual(node.sent, []);
    node.room = true;
    node.expire();
    assert.equal(node.sent.length, 1);
  });

  it('says what it does not do, and what cannot be done here', () => {
    const node = new FakeNode();
    for (const id of [CfgRequest.reload, CfgRequest.reopenLogs, CfgRequest.ringReenable]) {
      assert.equal(node.ask(id).error, CsError.NOT_SUPPORTED);
    }
    assert.equal(node.ask(CfgRequest.replyToShutdown, words(1, 0)).error, CsError.ACCESS);
  });
});

describe('a shutdown that programs are asked about', () => {
  const begin = (how: number, programs: number) => {
    const node = new FakeNode();
    const trackers = Array.from({ length: programs }, () => node.client());
    for (const client of trackers) node.ask(CfgRequest.track, words(0, 0), client);
    const asker = node.client();
    node.frames.length = 0;
    node.request(asker, CfgRequest.tryShutdown, words(how, 0));
    const answer = () => node.frames.find(({ client }) => client === asker)?.error;
    const reply = (i: number, yes: boolean) =>
      node.ask(CfgRequest.replyToShutdown, words(yes ? 1 : 0, 0), trackers[i]).error;
    return { node, trackers, asker, answer, reply, goes: () => node.sent.length === 1 };
  };

  it('happens when nobody minds', () => {
    const { node, trackers, answer, reply, goes } = begin(Shutdown.request, 2);
    assert.deepEqual(
      node.frames.map(({ id, client, bytes }) => [id, trackers.indexOf(client), bytes.length, bytes[24]]),
      [
        [CfgEvent.shutdown, 0, 32, 0],
        [CfgEvent.shutdown, 1, 32, 0],
      ],
    );
    assert.equal(reply(0, true), CsError.OK);
    assert.deepEqual([answer(), goes()], [undefined, false]);
    node.request(trackers[1]!, CfgRequest.replyToShutdown, words(1, 0));
    assert.deepEqual([answer(), goes()], [CsError.OK, true]);
    const alone = begin(Shutdown.request, 0);
    assert.deepEqual([alone.answer(), alone.goes()], [CsError.OK, true]);
  });

  it('does not happen when one minds, or does not answer in time', () => {
    const minded = begin(Shutdown.request, 1);
    minded.node.request(minded.trackers[0]!, CfgRequest.replyToShutdown, words(0, 0));
    assert.deepEqual([minded.answer(), minded.goes()], [CsError.BUSY, false]);
    const late = begin(Shutdown.request, 2);
    late.reply(0, true);
    assert.ok(late.node.timers.some(({ after }) => after === 5000));
    late.node.expire();
    assert.deepEqual([late.answer(), late.goes()], [CsError.BUSY, false]);
  });

  it('happens regardless of who minds once all have been heard', () => {
    const { node, trackers, answer, goes } = begin(Shutdown.regardless, 1);
    assert.deepEqual([answer(), goes()], [undefined, false]);
    node.request(trackers[0]!, CfgRequest.replyToShutdown, words(0, 0));
    assert.deepEqual([answer(), goes()], [CsError.OK, true]);
  });

  it('takes a program that goes away for one that does not mind, and ends with the one that wants it', () => {
    const left = begin(Shutdown.request, 2);
    left.node.disconnect(left.trackers[0]!);
    left.node.request(left.trackers[1]!, CfgRequest.endTracking);
    assert.deepEqual([left.answer(), left.goes()], [CsError.OK, true]);
    const over = begin(Shutdown.request, 1);
    over.node.disconnect(over.asker);
    assert.equal(over.reply(0, true), CsError.ACCESS);
    assert.deepEqual([over.answer(), over.goes()], [undefined, false]);
  });

  it('is asked about once at a time, newcomers and not the asker', () => {
    const { node, asker, reply, answer } = begin(Shutdown.request, 1);
    assert.equal(node.ask(CfgRequest.tryShutdown, words(0, 0)).error, CsError.EXIST);
    node.request(asker, CfgRequest.track, words(0, 0));
    const newcomer = node.client();
    node.request(newcomer, CfgRequest.track, words(0, 0));
    assert.ok(node.frames.some(({ id, client }) => id === CfgEvent.shutdown && client === newcomer));
    assert.ok(!node.frames.some(({ id, client }) => id === CfgEvent.shutdown && client === asker));
    reply(0, true);
    node.request(newcomer, CfgRequest.replyToShutdown, words(0, 0));
    assert.ok(
      node.frames.some(({ error, client }) => client === asker && error === CsError.BUSY),
      `${answer()}`,
    );
  });
});
