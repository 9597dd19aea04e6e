import assert from 'node:assert/strict';
import { type Codec } from '@coterie/sdk';
import { Track } from '../dist/quorum-wire.js';
import * as lib from '../dist/votequorum-wire.js';
import { DeviceRegistration, DeviceRename, Fn, NodeInfo, Reconfigure } from '../dist/wire.js';
import { administration, boot, type Captured } from './captured.js';
import { Lab, encode, type Sent } from './lab.js';

const codecs: Record<number, Codec<unknown>> = {
  [Fn.nodeInfo]: NodeInfo as Codec<unknown>,
  [Fn.reconfigure]: Reconfigure as Codec<unknown>,
  [Fn.deviceRegistration]: DeviceRegistration as Codec<unknown>,
  [Fn.deviceRename]: DeviceRename as Codec<unknown>,
};

const HEADER = 16;
const NAME = 255;

/** Function and body of a captured message, with zeros where real nodes send stack garbage. */
function cleaned({ hex }: Captured): { fn: number; body: Buffer } {
  const frame = Buffer.from(hex, 'hex');
  assert.equal(frame.readInt32LE(0) >>> 16, 5);
  assert.equal(frame.readInt32LE(8), frame.length);
  const fn = frame.readInt32LE(0) & 0xffff;
  const body = frame.subarray(HEADER);
  const clearName = (at: number) => body.fill(0, body.indexOf(0, at), at + NAME);
  if (fn === Fn.reconfigure) body.fill(0, 9);
  if (fn === Fn.deviceRegistration) clearName(4);
  if (fn === Fn.deviceRegistration) body.fill(0, 4 + NAME);
  if (fn === Fn.deviceRename) for (const at of [0, NAME]) clearName(at);
  if (fn === Fn.deviceRename) body.fill(0, 2 * NAME);
  return { fn, body };
}

function seen(sent: readonly Sent[]): string[] {
  return sent.map(({ fn, from, body }) => `${from}: ${fn} ${Buffer.from(body.buffer).toString('hex')}`);
}

function expected(captured: readonly Captured[]): string[] {
  return captured.map((message) => {
    const { fn, body } = cleaned(message);
    return `${message.from}: ${fn} ${body.toString('hex')}`;
  });
}

describe('votequorum on the wire', () => {
  it('reads and writes what real nodes sent', () => {
    for (const captured of [...boot, ...administration]) {
      const { fn, body } = cleaned(captured);
      const codec = codecs[fn];
      assert.ok(codec);
      const decoded = codec.decode(new DataView(body.buffer, body.byteOffset, body.length), 0, body.length);
      assert.ok(decoded.ok, captured.hex);
      assert.equal(Buffer.from(encode(codec, decoded.value).buffer).toString('hex'), body.toString('hex'));
    }
  });

  it('sends what real nodes sent when three of them synchronise', () => {
    const lab = new Lab({ votes: [1, 1, 1] });
    lab.form([2], [1, 3]);
    lab.delivered.length = 0;
    lab.form([1, 2, 3]);
    assert.deepEqual(seen(lab.delivered), expected(boot));
  });

  it('sends what real nodes sent when administrators and a quorum device act', () => {
    const lab = new Lab({ votes: [1, 1, 1] });
    lab.form([1, 2, 3]);
    lab.delivered.length = 0;
    const [first, second] = [lab.node(1), lab.node(2)];
    const admin = first.connect('votequorum');
    first.request('votequorum', admin, lib.VoteRequest.setExpected, lib.SetExpected, { votes: 4 });
    lab.settle();
    first.request('votequorum', admin, lib.VoteRequest.setVotes, lib.SetVotes, { votes: 2, nodeId: 2 });
    lab.settle();

    const device = second.connect('votequorum');
    const ask = <T>(id: number, codec: Codec<T>, value: T) => {
      second.request('votequorum', device, id, codec, value);
      lab.settle();
      assert.equal(device.answer().error, 1);
    };
    ask(lib.VoteRequest.deviceRegister, lib.NamedDevice, { name: 'QD' });
    const ring = second.ring?.id;
    assert.ok(ring);
    ask(lib.VoteRequest.devicePoll, lib.DevicePoll, { name: 'QD', castVote: 1, ring });
    ask(lib.VoteRequest.deviceMasterWins, lib.DeviceMasterWins, { name: 'QD', allow: 1 });
    ask(lib.VoteRequest.deviceUpdate, lib.DeviceUpdate, { oldName: 'QD', newName: 'QE' });
    ask(lib.VoteRequest.deviceUnregister, lib.NamedDevice, { name: 'QE' });

    for (const id of [2, 3, 1]) lab.node(id).nodelist.reload([1, 1, 1]);
    lab.settle();
    // In the capture node 2's reload was on the ring before the others began: the order of senders is the same.
    assert.deepEqual(seen(lab.delivered), expected(administration));
    assert.deepEqual(lab.quorate(), [1, 2, 3]);
    assert.equal(lab.node(3).dump().quorum, 2);
  });

  it('comes to the same numbers from what real nodes sent', () => {
    const lab = new Lab({ votes: [1, 1, 1] });
    lab.form([1, 2, 3]);
    const node = lab.node(3);
    const hear = (captured: Captured) => {
      const { fn, body } = cleaned(captured);
      const view = new DataView(body.buffer, body.byteOffset, body.length);
      assert.ok(node.deliver({ service: 5, fn, from: captured.from, body: view }));
    };
    for (const captured of administration.slice(0, 2)) hear(captured);
    assert.deepEqual(
      node.dump().nodes.map(({ votes, expectedVotes }) => [votes, expectedVotes]),
      [
        [1, 4],
        [2, 4],
        [1, 4],
      ],
    );
    assert.equal(node.dump().quorum, 3);
    for (const captured of administration.slice(2, 7)) hear(captured);
    assert.equal(node.dump().device.name, 'QD');
    assert.equal(node.dump().nodes[1]?.flags, 0xf1);
    for (const captured of administration.slice(7)) hear(captured);
    assert.equal(node.dump().device.name, '');
    assert.deepEqual([node.dump().quorum, node.dump().totalVotes, node.quorate], [2, 3, true]);
  });

  it('places the fields of client frames where C programs read them', () => {
    const lab = new Lab({ votes: [1, 1, 1] });
    lab.form([1, 2, 3]);
    const node = lab.node(2);
    const client = node.connect('votequorum');
    const word = { context: 0x1122334455667788n, flags: Track.changes };
    node.request('votequorum', client, lib.VoteRequest.trackStart, lib.TrackStart, word);
    const [nodelist, quorum, reply] = client.take();
    assert.ok(nodelist && quorum && reply);
    assert.deepEqual([nodelist.id, nodelist.size], [5, 56 + 12]);
    assert.equal(nodelist.view.getBigUint64(24, true), word.context);
    assert.deepEqual(words(nodelist.view, 32, 9), [1, 0, 5, 0, 3, 0, 1, 2, 3]);
    assert.deepEqual([quorum.id, quorum.size], [3, 48 + 24]);
    assert.equal(quorum.view.getBigUint64(32, true), word.context);
    assert.deepEqual(words(quorum.view, 24, 2), [1, 0]);
    assert.deepEqual(words(quorum.view, 40, 8), [3, 0, 1, 1, 2, 1, 3, 1]);
    assert.deepEqual([reply.kind, reply.id, reply.error, reply.size], ['response', 0, 1, 24]);

    node.request('votequorum', client, lib.VoteRequest.info, lib.InfoOf, { nodeId: 0 });
    const info = client.answer();
    assert.deepEqual([info.id, info.size], [1, 320]);
    assert.deepEqual(words(info.view, 24, 9), [2, 1, 1, 3, 3, 3, 2, 2, 0]);

    node.request('votequorum', client, lib.VoteRequest.setExpected, lib.SetExpected, { votes: 4 });
    lab.settle();
    const event = client.take().find(({ kind }) => kind === 'event');
    assert.deepEqual([event?.id, event?.size, event?.view.getUint32(32, true)], [4, 40, 4]);
  });
});

function words(view: DataView, at: number, count: number): number[] {
  return Array.from({ length: count }, (_, index) => view.getUint32(at + 4 * index, true));
}
