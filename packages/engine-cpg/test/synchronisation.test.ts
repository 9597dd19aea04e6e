import { strict as assert } from 'node:assert';
import { CsError, type NodeId } from '@coterie/sdk';
import { JoinList, Reason, RingMessage } from '../dist/ring-messages.js';
import { encode, type FakeClient } from './fake-client.js';
import { SimulatedRing } from './simulated-ring.js';

const all = [1, 2, 3];

/** Every order of token visits in which each of nodes 1 to 3 is visited up to three times. */
function* visits(length: number, counts = [3, 3, 3]): Generator<NodeId[]> {
  if (length === 0) yield [];
  else {
    for (const node of all) {
      if (counts[node - 1] === 0) continue;
      const left = counts.map((count, i) => (i === node - 1 ? count - 1 : count));
      for (const rest of visits(length - 1, left)) yield [node, ...rest];
    }
  }
}

/** Three nodes in rings of their own, with a client each in group g, about to form one ring. */
function apart(): { ring: SimulatedRing; clients: FakeClient[] } {
  const ring = new SimulatedRing(1);
  ring.start(2);
  ring.start(3);
  ring.form([2]);
  ring.form([3]);
  ring.settle();
  const clients = all.map((nodeId) => {
    const client = ring.node(nodeId).connect();
    assert.equal(ring.node(nodeId).join(client, 'g', 10 * nodeId), CsError.OK);
    return client;
  });
  ring.settle();
  return { ring, clients };
}

function reasons(client: FakeClient): string[] {
  return client
    .configurations()
    .map(({ joined, left }) =>
      [
        ...joined.map(({ nodeId, reason }) => `+${nodeId}:${reason}`),
        ...left.map(({ nodeId, reason }) => `-${nodeId}:${reason}`),
      ].join(' '),
    );
}

function members(client: FakeClient): number[] {
  return (
    client
      .configurations()
      .at(-1)
      ?.members.map(({ nodeId }) => nodeId) ?? []
  );
}

describe('synchronisation', () => {
  it('adds everybody once, in whatever order lists and barriers come (E5)', () => {
    let orders = 0;
    for (const order of visits(9)) {
      const { ring, clients } = apart();
      ring.form(all);
      for (const node of order) assert.ok(ring.visit(node));
      assert.ok(![...ring.nodes.values()].some(({ busy }) => busy));
      clients.forEach((client, i) => {
        const others = all.filter((node) => node !== i + 1);
        assert.deepEqual(members(client), all);
        const [own, merged, ...more] = reasons(client);
        assert.equal(own, `+${i + 1}:${Reason.JOIN}`);
        assert.deepEqual(
          merged?.split(' ').sort(),
          others.map((node) => `+${node}:${Reason.NODE_UP}`),
        );
        assert.deepEqual(more, []);
      });
      orders++;
    }
    assert.equal(orders, 1680);
  });

  for (const survivors of [all, [1, 2]]) {
    it(`starts anew with ${survivors.join(', ')} after having been interrupted anywhere`, () => {
      for (let length = 0; length < 9; length++) {
        for (const order of visits(length)) {
          const { ring, clients } = apart();
          ring.form(all);
          for (const node of order) ring.visit(node);
          if (survivors.length < 3) ring.kill(3);
          ring.form(survivors);
          ring.settle();
          for (const node of survivors) assert.deepEqual(members(clients[node - 1]!), survivors, `${order}`);
        }
      }
    });
  }

  it('counts a node as down that was away for a round, though that was interrupted', () => {
    const { ring, clients } = apart();
    ring.form(all);
    ring.settle();
    ring.form([1, 2]);
    ring.form([3]);
    while (ring.node(3).busy) ring.visit(3);
    assert.deepEqual(members(clients[2]!), [3]);
    ring.form(all);
    ring.form(all);
    ring.settle();
    const was = (node: number) => [`-${node}:${Reason.NODE_DOWN}`, `+${node}:${Reason.NODE_UP}`];
    assert.deepEqual(reasons(clients[0]!).slice(-2), was(3));
    assert.deepEqual(reasons(clients[1]!).slice(-2), was(3));
    assert.deepEqual(members(clients[2]!), all);
  });

  it('tells with one event a group of all processes of a node that left, then of those that came', () => {
    const ring = new SimulatedRing(1, 2);
    const watcher = ring.node(1).connect();
    ring.node(1).join(watcher, 'g', 1);
    for (const pid of [7, 5, 6]) ring.node(2).join(ring.node(2).connect(), 'g', pid);
    ring.settle();
    const joined = watcher.configurations().length;
    ring.form([1]);
    ring.form([2]);
    ring.settle();
    ring.form([1, 2]);
    ring.settle();
    assert.deepEqual(
      watcher
        .configurations()
        .slice(joined)
        .map(({ left, joined }) => [left.map(({ pid }) => pid), joined.map(({ pid }) => pid)]),
      [
        [[5, 6, 7], []],
        [[], [7, 6, 5]],
      ],
    );
  });

  it('takes out a process whose end this node did not hear of (E3)', () => {
    const ring = new SimulatedRing(1, 2);
    const [watcher, ends] = [ring.node(1).connect(), ring.node(2).connect()];
    ring.node(1).join(watcher, 'g', 1);
    ring.node(2).join(ends, 'g', 2);
    ring.settle();
    ring.deaf.add(1);
    ends.close('gone');
    ring.settle();
    ring.deaf.clear();
    assert.deepEqual(members(watcher), [1, 2]);
    ring.form([1, 2]);
    ring.settle();
    assert.equal(reasons(watcher).at(-1), `-2:${Reason.PROCESS_DOWN}`);
    assert.deepEqual(members(watcher), [1]);
  });

  it('leaves no ghost of a process that ends during it', () => {
    for (const order of visits(4)) {
      const { ring, clients } = apart();
      ring.form(all);
      for (const node of order) ring.visit(node);
      clients[1]!.close('gone');
      ring.settle();
      for (const node of all) assert.deepEqual(Object.keys(ring.node(node).engine.dump() as object), ['g']);
      assert.deepEqual(members(clients[0]!), [1, 3]);
      assert.deepEqual(members(clients[2]!), [1, 3]);
    }
  });

  it('keeps every local client informed when ten nodes start together (E4)', () => {
    const nodes = Array.from({ length: 10 }, (_, i) => i + 1);
    const ring = new SimulatedRing(...nodes);
    const clients = nodes.map((node) => {
      const client = ring.node(node).connect();
      ring.node(node).join(client, 'g', node);
      return client;
    });
    for (const split of [5, 3, 8]) {
      ring.form(nodes.slice(0, split));
      ring.form(nodes.slice(split));
      for (const node of nodes) ring.visit(node);
      ring.form(nodes);
      ring.settle();
    }
    for (const client of clients) {
      assert.deepEqual(members(client), nodes);
      assert.ok(client.configurations()[0]?.joined.some(({ reason }) => reason === Reason.JOIN));
    }
  });

  it('holds messages back that wait while the ring changes, and delivers each once (C5)', () => {
    const ring = new SimulatedRing(1, 2);
    const [one, two] = [ring.node(1), ring.node(2)];
    const [a, b] = [one.connect(), two.connect()];
    one.join(a, 'g', 1);
    two.join(b, 'g', 2);
    ring.settle();
    for (const text of ['x', 'y', 'z']) one.mcast(a, text);
    ring.form([2]);
    while (two.busy) ring.visit(2);
    assert.deepEqual(members(b), [2]);
    ring.form([1, 2]);
    assert.equal(one.mcast(a, 'not now'), 'busy');
    ring.settle();
    assert.deepEqual(b.texts(), ['x', 'y', 'z']);
    assert.deepEqual(a.texts(), b.texts());
    assert.equal(two.counters.get('unknown_sender')?.value, 0);
  });

  it('takes the last of two lists of a node', () => {
    const { ring, clients } = apart();
    ring.form([1, 2, 3]);
    const old = encode(JoinList, { processes: [{ pid: 99, group: 'g' }] });
    const bytes = new Uint8Array(16 + old.length);
    new DataView(bytes.buffer).setUint32(0, (2 << 16) | RingMessage.JOIN_LIST, true);
    bytes.set(old, 16);
    for (const id of all) assert.ok(ring.node(id).deliver(2, bytes));
    ring.settle();
    for (const client of clients) {
      const pids = client
        .configurations()
        .at(-1)!
        .members.map(({ pid }) => pid);
      assert.deepEqual(pids.sort(), [10, 20, 30]);
    }
  });
});
