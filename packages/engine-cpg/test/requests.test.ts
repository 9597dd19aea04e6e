import { strict as assert } from 'node:assert';
import { CsError } from '@coterie/sdk';
import {
  IterationHandle,
  IterationItem,
  IterationRequest,
  LocalGetResponse,
  MAX_MEMBERS,
  MAX_MESSAGE,
  McastRequest,
  MembershipRequest,
  MembershipResponse,
  PartialMcastRequest,
} from '../dist/client-messages.js';
import { decode, encode, type FakeClient } from './fake-client.js';
import { SimulatedRing, nameBytes, type SimulatedNode } from './simulated-ring.js';

function alone(): { ring: SimulatedRing; node: SimulatedNode; client: FakeClient } {
  const ring = new SimulatedRing(1);
  const node = ring.node(1);
  return { ring, node, client: node.connect() };
}

const partial = (total: number, type: number, data: string) =>
  encode(PartialMcastRequest, { guarantee: 0, total, type, data: Buffer.from(data) });

function iterate(node: SimulatedNode, client: FakeClient, type: number, group = ''): string[] {
  const request = encode(IterationRequest, { group: nameBytes(group), type });
  assert.equal(node.request(client, 5, request), CsError.OK);
  const handle = client.responses.at(-1)!.body;
  const items: string[] = [];
  while (node.request(client, 6, handle) === CsError.OK) {
    const item = decode(IterationItem, client.responses.at(-1)!.body);
    items.push(`${item.group} ${item.nodeId} ${item.pid}`);
  }
  assert.equal(client.responses.at(-1)?.error, CsError.NO_SECTIONS);
  assert.equal(node.request(client, 7, handle), CsError.OK);
  assert.equal(node.request(client, 7, handle), CsError.BAD_HANDLE);
  assert.equal(node.request(client, 6, handle), CsError.BAD_HANDLE);
  return items;
}

describe('requests', () => {
  it('follow the states of a connection', () => {
    const { ring, node, client } = alone();
    const refused = () => node.counters.get('mcast_refused')?.value;
    assert.equal(node.leave(client, 'g', 1), CsError.NOT_EXIST);
    assert.equal(node.request(client, 12, partial(2, 1, 'a')), CsError.NOT_EXIST);
    node.mcast(client, 'too early');
    assert.equal(refused(), 1);

    assert.equal(node.join(client, 'g', 1), CsError.OK);
    assert.equal(node.join(client, 'g', 1), CsError.EXIST);
    assert.equal(node.join(client, 'h', 1), CsError.EXIST);
    assert.equal(node.leave(client, 'g', 1), CsError.BUSY);
    node.mcast(client, 'joining');
    ring.settle();
    assert.equal(node.join(client, 'h', 1), CsError.EXIST);
    node.mcast(client, 'joined');
    assert.equal(node.leave(client, 'other', 1), CsError.NOT_EXIST);
    assert.equal(node.leave(client, 'g', 1), CsError.OK);
    node.mcast(client, 'leaving');
    for (let again = 0; again < 2; again++) {
      assert.equal(node.leave(client, 'g', 1), CsError.NOT_EXIST);
      assert.equal(node.join(client, 'g', 1), CsError.EXIST);
      assert.equal(node.join(client, 'h', 1), CsError.BUSY);
      ring.settle();
    }
    node.mcast(client, 'left');
    assert.deepEqual(client.texts(), ['joining', 'joined']);
    assert.equal(refused(), 3);
  });

  it('let a process join again only when its leave has been delivered (E8)', () => {
    const { ring, node, client } = alone();
    node.join(client, 'g', 7);
    ring.settle();
    const other = node.connect();
    assert.equal(node.join(other, 'g', 7), CsError.EXIST);
    assert.equal(node.join(other, 'g', 8), CsError.OK);
    for (let i = 0; i < 1000; i++) {
      const previous = [...node.clients].at(-1)!;
      const next = node.connect();
      if (i % 2 === 0) ring.settle();
      previous.close('gone');
      assert.equal(node.join(next, 'g', 8), CsError.TRY_AGAIN);
      ring.settle();
      assert.equal(node.join(next, 'g', 8), CsError.OK);
    }
    ring.settle();
    assert.deepEqual(node.engine.dump(), {
      g: [
        { nodeId: 1, pid: 7 },
        { nodeId: 1, pid: 8 },
      ],
    });
    const left = client.configurations().filter((event) => event.left.length > 0);
    assert.equal(left.length, 1000);
  });

  it('wait for the end of synchronisation if they send, and not if they ask', () => {
    const ring = new SimulatedRing(1, 2);
    const node = ring.node(1);
    const client = node.connect();
    node.join(client, 'g', 1);
    ring.settle();
    ring.form([1, 2]);
    assert.equal(node.join(node.connect(), 'g', 2), 'busy');
    assert.equal(node.leave(client, 'g', 1), 'busy');
    assert.equal(node.mcast(client, 'x'), 'busy');
    assert.equal(node.request(client, 12, partial(1, 1, 'x')), 'busy');
    assert.equal(node.request(client, 8, new Uint8Array(0)), 'busy');
    assert.equal(node.request(client, 4, new Uint8Array(0)), CsError.OK);
    assert.deepEqual(decode(LocalGetResponse, client.responses.at(-1)!.body), { nodeId: 1 });
    assert.deepEqual(iterate(node, client, 3), ['g 1 1']);
    ring.settle();
    assert.equal(node.leave(client, 'g', 1), CsError.OK);
  });

  it('take names as bytes of up to 128 (P7)', () => {
    const { ring, node } = alone();
    const names = ['', '\0', 'g', 'g\0', 'g\0h', '\xff'.repeat(128)];
    names.forEach((name, i) => assert.equal(node.join(node.connect(), name, i + 1), CsError.OK));
    ring.settle();
    assert.deepEqual(
      iterate(node, node.connect(), 1),
      names.map((name) => `${name} 0 0`),
    );
    assert.equal(node.join(node.connect(), 'x'.repeat(129), 1), CsError.NAME_TOO_LONG);
    const name = nameBytes('x');
    const request = encode(MembershipRequest, { group: { ...name, length: 2 ** 32 - 1 } });
    const client = node.connect();
    assert.equal(node.request(client, 3, request), CsError.OK);
    assert.deepEqual(decode(MembershipResponse, client.responses.at(-1)!.body), { members: [] });
  });

  it('answer with the sizes that libcpg reads', () => {
    const { ring, node, client } = alone();
    node.join(client, 'g', 5);
    ring.settle();
    assert.equal(node.request(client, 3, encode(MembershipRequest, { group: nameBytes('g') })), CsError.OK);
    const { id, body } = client.responses.at(-1)!;
    assert.deepEqual([id, body.length], [3, 9248 - 24]);
    assert.deepEqual(decode(MembershipResponse, body), { members: [{ nodeId: 1, pid: 5, reason: 0 }] });
  });

  it('iterate over names, a group, or all, as they were at the start', () => {
    const { ring, node, client } = alone();
    for (const [group, pid] of [
      ['b', 2],
      ['a', 3],
      ['b', 1],
    ] as const) {
      node.join(node.connect(), group, pid);
    }
    ring.settle();
    assert.deepEqual(iterate(node, client, 1), ['b 0 0', 'a 0 0']);
    assert.deepEqual(iterate(node, client, 2, 'b'), ['b 1 1', 'b 1 2']);
    assert.deepEqual(iterate(node, client, 2, 'none'), []);
    assert.deepEqual(iterate(node, client, 3), ['b 1 1', 'b 1 2', 'a 1 3']);
    for (const type of [0, 4]) {
      const request = encode(IterationRequest, { group: nameBytes(''), type });
      assert.equal(node.request(client, 5, request), CsError.INVALID_PARAM);
    }
  });

  it('keep iterations to their connection, and limit them (P8, P13)', () => {
    const { node, client } = alone();
    const request = encode(IterationRequest, { group: nameBytes(''), type: 3 });
    for (let i = 0; i < 64; i++) assert.equal(node.request(client, 5, request), CsError.OK);
    assert.equal(node.request(client, 5, request), CsError.NO_RESOURCES);
    const handle = encode(IterationHandle, { handle: 1n });
    assert.equal(node.request(node.connect(), 6, handle), CsError.BAD_HANDLE);
    assert.equal(
      node.request(client, 6, encode(IterationHandle, { handle: 2n ** 64n - 1n })),
      CsError.BAD_HANDLE,
    );
  });

  it('send fragments unless a configuration came in between', () => {
    const { ring, node, client } = alone();
    node.join(client, 'g', 1);
    ring.settle();
    assert.equal(node.request(client, 12, partial(6, 1, 'ab')), CsError.OK);
    assert.equal(node.request(client, 12, partial(6, 2, 'cd')), CsError.OK);
    assert.equal(node.request(client, 12, partial(6, 3, 'ef')), CsError.OK);
    ring.settle();
    assert.deepEqual(
      client.heard.filter(({ type }) => type === 'partial'),
      [
        { type: 'partial', total: 6, fragment: 1, pid: 1, data: 'ab' },
        { type: 'partial', total: 6, fragment: 2, pid: 1, data: 'cd' },
        { type: 'partial', total: 6, fragment: 3, pid: 1, data: 'ef' },
      ],
    );
    assert.equal(node.request(client, 12, partial(6, 1, 'ab')), CsError.OK);
    node.join(node.connect(), 'g', 2);
    ring.settle();
    assert.equal(node.request(client, 12, partial(6, 2, 'cd')), CsError.INTERRUPT);
    assert.equal(node.request(client, 12, partial(6, 3, 'ef')), CsError.INTERRUPT);
    assert.equal(node.request(client, 12, partial(6, 1, 'ab')), CsError.OK);
  });

  it('begin no message in fragments before they have read, but end one that is begun', () => {
    const { ring, node, client } = alone();
    node.join(client, 'g', 1);
    ring.settle();
    client.behind = true;
    assert.equal(node.request(client, 12, partial(4, 1, 'ab')), CsError.TRY_AGAIN);
    client.behind = false;
    assert.equal(node.request(client, 12, partial(4, 1, 'ab')), CsError.OK);
    client.behind = true;
    assert.equal(node.request(client, 12, partial(4, 3, 'cd')), CsError.OK);
  });

  it('refuse fragments that a receiving libcpg would write beyond its buffer', () => {
    const { ring, node, client } = alone();
    node.join(client, 'g', 1);
    ring.settle();
    assert.equal(node.request(client, 12, partial(2, 1, 'abc')), CsError.INVALID_PARAM);
    assert.equal(node.request(client, 12, partial(4, 1, 'ab')), CsError.OK);
    assert.equal(node.request(client, 12, partial(5, 2, 'cde')), CsError.INVALID_PARAM);
    assert.equal(node.request(client, 12, partial(4, 2, 'cde')), CsError.INVALID_PARAM);
    assert.equal(node.request(client, 12, partial(4, 9, 'cd')), CsError.INVALID_PARAM);
    assert.equal(node.request(client, 12, partial(4, 3, 'cd')), CsError.OK);
  });

  it('refuse what does not fit (P6)', () => {
    const { ring, node, client } = alone();
    node.join(client, 'g', 1);
    ring.settle();
    const sent = node.sent.length;
    const lies = encode(McastRequest, { guarantee: 0, data: Buffer.from('abc') });
    lies[16] = 4;
    node.request(client, 2, lies);
    node.request(client, 2, encode(McastRequest, { guarantee: 0, data: new Uint8Array(MAX_MESSAGE + 1) }));
    assert.equal(node.request(client, 0, new Uint8Array(151)), CsError.INVALID_PARAM);
    assert.equal(node.request(client, 6, new Uint8Array(7)), CsError.INVALID_PARAM);
    assert.equal(node.sent.length, sent);
    node.request(client, 2, encode(McastRequest, { guarantee: 0, data: new Uint8Array(MAX_MESSAGE) }));
    assert.equal(node.sent.length, sent + 1);
  });

  it('refuse zero copy where there are no files to share, and of no member', () => {
    const { ring, node, client } = alone();
    assert.equal(node.request(client, 9, new Uint8Array(136)), CsError.NOT_SUPPORTED);
    assert.equal(node.request(client, 10, new Uint8Array(16)), CsError.BAD_HANDLE);
    assert.equal(node.request(client, 11, new Uint8Array(8)), CsError.NOT_EXIST);
    node.join(client, 'g', 1);
    ring.settle();
    assert.equal(node.request(client, 11, new Uint8Array(8)), CsError.BAD_HANDLE);
    client.behind = true;
    assert.equal(node.request(client, 11, new Uint8Array(8)), CsError.TRY_AGAIN);
  });

  it('admit as many members to a group as libcpg has room for', () => {
    const { ring, node } = alone();
    const first = node.connect();
    node.join(first, 'g', 1);
    for (let pid = 2; pid <= MAX_MEMBERS; pid++)
      assert.equal(node.join(node.connect(), 'g', pid), CsError.OK);
    ring.settle();
    assert.equal(node.join(node.connect(), 'g', 999), CsError.NO_RESOURCES);
    assert.equal(node.join(node.connect(), 'h', 999), CsError.OK);
    assert.equal(first.configurations().at(-1)?.members.length, MAX_MEMBERS);
    for (const byte of [1, 2, 3]) {
      const join = node.sent[2]!.slice();
      join[152] = byte;
      node.deliver(2, join);
    }
    assert.equal(first.configurations().at(-1)?.members.length, MAX_MEMBERS);
  });
});
