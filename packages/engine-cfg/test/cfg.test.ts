import assert from 'node:assert/strict';
import { CsError } from '@coterie/sdk';
import { CfgRequest, CfgResponse, parseAddress } from '../dist/client-wire.js';
import { FakeNode } from './ports.js';

const words = (...values: number[]): Buffer => {
  const bytes = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => bytes.writeUInt32LE(value, 4 * i));
  return bytes;
};
const text = (bytes: Buffer, at: number): string => bytes.toString('utf8', at, bytes.indexOf(0, at));
/** A request to kill: 288 bytes with the header of 16. */
const kill = (node: number, reason: string): Buffer => {
  const body = Buffer.alloc(272);
  body.writeUInt32LE(node, 0);
  body.writeUInt16LE(reason.length, 8);
  body.write(reason, 16);
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
      [bytes[40], bytes[41], text(bytes, 48), text(bytes, 304)],
      [1, 1, 'fd00::1:2', 'fd00::1:2'],
    );
    const absent = status(3);
    assert.deepEqual(
      [absent.error, absent.bytes[32], absent.bytes[40], absent.bytes[41]],
      [CsError.OK, 0, 1, 0],
    );
    assert.equal(status(9).error, CsError.NOT_EXIST);
    assert.equal(node.ask(CfgRequest.nodeStatus, words(1, 0, 2, 0)).error, CsError.NOT_SUPPORTED);
  });

  it('tells a member to stop, and stops when it is told', () => {
    const node = new FakeNode();
    assert.equal(node.ask(CfgRequest.kill, kill(2, 'fence')).error, CsError.OK);
    assert.equal(node.ask(CfgRequest.kill, kill(3, 'absent')).error, CsError.NOT_EXIST);
    assert.deepEqual(node.sent, [{ fn: 1, bytes: kill(2, 'fence') }]);
    node.room = false;
    assert.equal(node.ask(CfgRequest.kill, kill(2, 'fence')).error, CsError.TRY_AGAIN);
    node.deliver(1, kill(2, 'fence'), 1);
    assert.deepEqual(node.shutdowns, []);
    node.deliver(1, kill(1, 'fence'), 2);
    assert.deepEqual(node.shutdowns, ['told to by node 2: fence']);
  });

  it('shuts down at once, or not at all', () => {
    const node = new FakeNode();
    const ask = (how: number) => node.ask(CfgRequest.tryShutdown, words(how, 0)).error;
    assert.deepEqual(
      [ask(0), ask(7), node.shutdowns.length],
      [CsError.NOT_SUPPORTED, CsError.NOT_SUPPORTED, 0],
    );
    assert.equal(ask(2), CsError.OK);
    assert.deepEqual(node.shutdowns, ['asked to by process 77']);
    assert.equal(node.ask(CfgRequest.replyToShutdown, words(1, 0)).error, CsError.ACCESS);
  });

  it('says what it does not do', () => {
    const node = new FakeNode();
    for (const id of [CfgRequest.reload, CfgRequest.reopenLogs, CfgRequest.ringReenable]) {
      assert.equal(node.ask(id).error, CsError.NOT_SUPPORTED);
    }
    assert.equal(node.ask(CfgRequest.track, words(0, 0)).error, CsError.OK);
    assert.equal(node.ask(CfgRequest.endTracking).error, CsError.OK);
  });
});
