import { strict as assert } from 'node:assert';
import type { RingId } from '@coterie/sdk';
import { JoinList, Reason } from '../dist/ring-messages.js';
import { decode } from './fake-client.js';
import { SimulatedNode } from './simulated-ring.js';

/** Messages of corosync 3.1.7 as captured on the wire; zeros at their ends are left out. */
function captured(hex: string, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  bytes.set(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
  return bytes;
}

const zeros = (bytes: number) => '00'.repeat(bytes);
const grp = `0300000000000000 677270 ${zeros(125)}`;
const join = (pid: string) =>
  captured(`0000020000000000 a800000000000000 ${grp} ${pid}00000000 0100000000000000`, 168);
const leave = (pid: string, reason: string) =>
  captured(`0100020000000000 a800000000000000 ${grp} ${pid}00000000 ${reason}`, 168);
const joinList = (pid: string) =>
  captured(`0200020000000000 a800000000000000 0000000000000000 ${pid}00000000 ${grp}`, 168);
const downList = (old: string, left: string, nodes = '') =>
  captured(`0500020000000000 2006000000000000 ${old}00000000000000 ${left}00000000000000 ${nodes}`, 1568);
const hundred = Uint8Array.from({ length: 100 }, (_, i) => i);
const mcast = (pid: string, pointer: string, data: Uint8Array) =>
  captured(
    `0300020000000000 1c01000000000000 ${grp} 6400000000000000 ${pid}00000000 0100000000000000 ${pointer}` +
      Buffer.from(data).toString('hex'),
    284,
  );

const at = (nodeId: number, pid: number, reason = 0) => ({ nodeId, pid, reason });
const ring = (sequence: number): RingId => ({ representative: 1, sequence });

/** Node 1 in ring 1.d with nodes 2 and 3, as the captures found it. */
function node1(): SimulatedNode {
  const node = new SimulatedNode(1);
  synchronise(node, 0xd, [1, 2, 3], []);
  return node;
}

/** Lets the node synchronise with others that send `before` ahead of their barriers. Returns what it sent. */
function synchronise(
  node: SimulatedNode,
  sequence: number,
  members: number[],
  transitional: number[],
  before: readonly (readonly [from: number, bytes: Uint8Array])[] = [],
): Uint8Array[] {
  const earlier = node.sent.length;
  node.install({ ring: ring(sequence), members }, transitional);
  for (const [from, bytes] of before) assert.ok(node.deliver(from, bytes));
  pump(node);
  for (const other of members) node.receive(other, { barrier: ring(sequence) });
  assert.equal(node.synchronising, false);
  return node.sent.slice(earlier);
}

function pump(node: SimulatedNode): void {
  for (let sent = node.token(); sent !== undefined; sent = node.token()) node.receive(1, sent);
}

describe('messages on the wire', () => {
  it('are those of a corosync node through kill and return of another (capture 04)', () => {
    const node = node1();
    assert.deepEqual(node.sent, [downList('00', '00')]);
    assert.ok(node.deliver(2, join('f53a0000')));
    const client = node.connect();
    node.join(client, 'grp', 15094);
    pump(node);
    assert.deepEqual(node.sent.at(-1), join('f63a0000'));

    node.mcast(client, Buffer.from(hundred).toString('latin1'));
    pump(node);
    const pointer = Buffer.alloc(8);
    pointer.writeUInt32LE(client.id);
    assert.deepEqual(node.sent.at(-1), mcast('f63a0000', pointer.toString('hex'), hundred));

    assert.deepEqual(synchronise(node, 0x11, [1, 3], [1, 3], [[3, downList('03', '01', '02')]]), [
      downList('03', '01', '02'),
      joinList('f63a0000'),
    ]);
    assert.deepEqual(client.configurations().at(-1), {
      type: 'configuration',
      group: 'grp',
      members: [at(1, 15094)],
      left: [at(2, 15093, Reason.NODE_DOWN)],
      joined: [],
    });
    assert.deepEqual(client.heard.at(-1), {
      type: 'ring',
      representative: 1,
      sequence: 0x11,
      members: [1, 3],
    });

    // corosync leaves node 2 behind the list's end here: nobody reads it.
    const before = [[3, downList('02', '00', '02')]] as const;
    assert.deepEqual(synchronise(node, 0x16, [1, 2, 3], [1, 3], before), [
      downList('02', '00'),
      joinList('f63a0000'),
    ]);
    client.close('killed');
    pump(node);
    assert.deepEqual(node.sent.at(-1), leave('f63a0000', '05'));
  });

  it('are understood when a partition heals (capture 05) and a member leaves (capture 03)', () => {
    const node = node1();
    const client = node.connect();
    node.join(client, 'grp', 15318);
    pump(node);
    assert.deepEqual(node.sent.at(-1), join('d63b0000'));
    assert.ok(node.deliver(3, join('d53b0000')));
    assert.deepEqual(synchronise(node, 0x1a, [1, 2], [1, 2], [[2, downList('03', '01', '03')]]), [
      downList('03', '01', '03'),
      joinList('d63b0000'),
    ]);
    const before = [
      [3, downList('01', '00', '0100000002')],
      [3, joinList('d53b0000')],
      [2, downList('02', '00', '03')],
    ] as const;
    synchronise(node, 0x1e, [1, 2, 3], [1, 2], before);
    assert.deepEqual(
      client.configurations().map(({ members, joined, left }) => [members.length, ...joined, ...left]),
      [
        [1, at(1, 15318, Reason.JOIN)],
        [2, at(3, 15317, Reason.JOIN)],
        [1, at(3, 15317, Reason.NODE_DOWN)],
        [2, at(3, 15317, Reason.NODE_UP)],
      ],
    );
    assert.ok(node.deliver(3, mcast('d53b0000', 'f0bc220a62550000', hundred)));
    assert.equal(Buffer.from(client.texts()[0]!).length, 100);
    node.leave(client, 'grp', 15318);
    pump(node);
    assert.deepEqual(node.sent.at(-1), leave('d63b0000', '02'));
  });

  it('leave no ghost of a process that a corosync node lists and then ends, or the reverse', () => {
    const orders = [
      [joinList('f63a0000'), leave('f63a0000', '05')],
      [leave('f63a0000', '05'), joinList('f63a0000')],
    ];
    for (const known of [true, false]) {
      for (const order of orders) {
        const node = node1();
        if (known) node.deliver(2, join('f63a0000'));
        synchronise(
          node,
          0x1e,
          [1, 2, 3],
          known ? [1, 2, 3] : [1, 3],
          order.map((bytes) => [2, bytes] as const),
        );
        assert.deepEqual(node.engine.dump(), {});
      }
    }
  });

  it('keep a process that joins during synchronisation, whatever its node listed', () => {
    const node = node1();
    synchronise(node, 0x1e, [1, 2, 3], [1, 2, 3], [[2, join('f63a0000')]]);
    assert.deepEqual(node.engine.dump(), { grp: [{ nodeId: 2, pid: 15094 }] });
  });

  it('count for nothing in a list that comes after its round, of a node that is gone', () => {
    const node = node1();
    node.install({ ring: ring(0x1a), members: [1, 2, 3] }, [1, 2, 3]);
    node.engine.sync.abort();
    node.deliver(3, joinList('f63a0000'));
    synchronise(node, 0x1e, [1, 2], [1, 2]);
    assert.deepEqual(node.engine.dump(), {});
  });

  it('never take out local processes, even without a transitional configuration (E4)', () => {
    const node = node1();
    const client = node.connect();
    node.join(client, 'grp', 1);
    pump(node);
    synchronise(node, 0x1e, [1, 2, 3], []);
    assert.deepEqual(node.engine.dump(), { grp: [{ nodeId: 1, pid: 1 }] });
    assert.equal(client.configurations().length, 1);
  });

  it('are not delivered if no member is known on their node', () => {
    const node = node1();
    const client = node.connect();
    node.join(client, 'grp', 1);
    pump(node);
    node.deliver(2, mcast('f63a0000', zeros(8), hundred));
    assert.deepEqual(client.texts(), []);
    assert.equal(node.counters.get('unknown_sender')?.value, 1);
    node.deliver(2, join('f63a0000'));
    node.deliver(2, mcast('f63a0000', zeros(8), hundred));
    assert.equal(client.texts().length, 1);
  });

  it('take no list, name or length that does not fit (W25)', () => {
    const node = node1();
    const long = join('f63a0000');
    long[16] = 129;
    const cut = joinList('f63a0000').subarray(0, 167);
    const tooMuch = mcast('f63a0000', zeros(8), hundred);
    tooMuch[152] = 101;
    const entry = joinList('f63a0000');
    entry[32] = 129;
    for (const bytes of [long, cut, tooMuch, entry, long.subarray(0, 100)]) {
      assert.equal(node.deliver(2, bytes), false);
    }
    assert.deepEqual(node.engine.dump(), {});
  });

  it('may list any number of processes', () => {
    const list = new Uint8Array(24 + 144 * 3);
    const entry = joinList('f63a0000').subarray(24);
    for (let i = 0; i < 3; i++) list.set(entry, 24 + i * 144);
    assert.equal(decode(JoinList, list.subarray(16)).processes.length, 3);
  });
});
