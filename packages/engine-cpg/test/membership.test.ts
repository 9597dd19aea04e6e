import { strict as assert } from 'node:assert';
import { CsError } from '@coterie/sdk';
import { Reason } from '../dist/ring-messages.js';
import { SimulatedRing } from './simulated-ring.js';

const at = (nodeId: number, pid: number, reason = 0) => ({ nodeId, pid, reason });

describe('process groups', () => {
  it('tell everybody who joins, in order of node and pid', () => {
    const ring = new SimulatedRing(1, 2);
    const [one, two] = [ring.node(1), ring.node(2)];
    const [a, b, c] = [one.connect(), two.connect(), one.connect()];
    assert.equal(one.join(a, 'g', 30), CsError.OK);
    ring.settle();
    assert.equal(two.join(b, 'g', 10), CsError.OK);
    ring.settle();
    assert.equal(one.join(c, 'g', 20), CsError.OK);
    ring.settle();
    assert.deepEqual(
      a.configurations().map(({ members, joined, left }) => ({ members, joined, left })),
      [
        { members: [at(1, 30)], joined: [at(1, 30, Reason.JOIN)], left: [] },
        { members: [at(1, 30), at(2, 10)], joined: [at(2, 10, Reason.JOIN)], left: [] },
        { members: [at(1, 20), at(1, 30), at(2, 10)], joined: [at(1, 20, Reason.JOIN)], left: [] },
      ],
    );
    assert.deepEqual(b.heard, a.heard.slice(1));
    assert.deepEqual(c.heard, a.heard.slice(2));
  });

  it('deliver to members only, the sender included, in one order', () => {
    const ring = new SimulatedRing(1, 2);
    const [one, two] = [ring.node(1), ring.node(2)];
    const [a, b, stranger] = [one.connect(), two.connect(), two.connect()];
    one.join(a, 'g', 1);
    two.join(b, 'g', 2);
    two.join(stranger, 'other', 3);
    ring.settle();
    for (let i = 0; i < 3; i++) {
      one.mcast(a, `a${i}`);
      two.mcast(b, `b${i}`);
    }
    ring.settle();
    assert.deepEqual(a.texts(), ['a0', 'b0', 'a1', 'b1', 'a2', 'b2']);
    assert.deepEqual(b.texts(), a.texts());
    assert.deepEqual(stranger.texts(), []);
  });

  it('tell a leaver of its leave as the last thing', () => {
    const ring = new SimulatedRing(1, 2);
    const [one, two] = [ring.node(1), ring.node(2)];
    const [a, b] = [one.connect(), two.connect()];
    one.join(a, 'g', 1);
    two.join(b, 'g', 2);
    ring.settle();
    assert.equal(one.leave(a, 'g', 1), CsError.OK);
    two.mcast(b, 'before it is delivered');
    ring.settle();
    two.mcast(b, 'too late');
    ring.settle();
    const last = { type: 'configuration', group: 'g', members: [at(2, 2)], left: [at(1, 1, Reason.LEAVE)] };
    assert.deepEqual(a.heard.at(-1), { ...last, joined: [] });
    assert.deepEqual(b.configurations().at(-1), { ...last, joined: [] });
    assert.deepEqual(b.texts(), ['before it is delivered', 'too late']);
  });

  const ends = {
    'leave, then finalize': { reason: Reason.LEAVE, finalize: true, leave: true },
    'leave, then disconnect': { reason: Reason.LEAVE, finalize: false, leave: true },
    'finalize, then disconnect': { reason: Reason.PROCESS_DOWN, finalize: true, leave: false },
    disconnect: { reason: Reason.PROCESS_DOWN, finalize: false, leave: false },
  };
  for (const [name, { reason, finalize, leave }] of Object.entries(ends)) {
    it(`give one event for: ${name} (E7)`, () => {
      const ring = new SimulatedRing(1, 2);
      const [one, two] = [ring.node(1), ring.node(2)];
      const [a, b] = [one.connect(), two.connect()];
      one.join(a, 'g', 1);
      two.join(b, 'g', 2);
      ring.settle();
      if (leave) one.leave(a, 'g', 1);
      if (finalize) assert.equal(one.request(a, 8, new Uint8Array(0)), CsError.OK);
      const heard = a.heard.length;
      a.close('gone');
      ring.settle();
      assert.equal(a.heard.length, heard);
      assert.deepEqual(
        b.configurations().flatMap(({ left }) => left),
        [at(1, 1, reason)],
      );
    });
  }

  it('send the ring after the first configuration to who asked for it', () => {
    const ring = new SimulatedRing(1, 2);
    const one = ring.node(1);
    const [asks, silent] = [one.connect(), one.connect()];
    one.join(asks, 'g', 1, 1);
    one.join(silent, 'g', 2);
    ring.settle();
    assert.deepEqual(
      asks.heard.map(({ type }) => type),
      ['configuration', 'ring', 'configuration'],
    );
    assert.deepEqual(asks.heard[1], { type: 'ring', representative: 1, sequence: 4, members: [1, 2] });
    assert.ok(silent.heard.every(({ type }) => type === 'configuration'));
  });

  it('end a client that does not read without losing an event of the others', () => {
    const ring = new SimulatedRing(1);
    const one = ring.node(1);
    const [slow, fast] = [one.connect(), one.connect()];
    one.join(slow, 'g', 1);
    one.join(fast, 'g', 2);
    ring.settle();
    slow.room = 0;
    one.mcast(fast, 'x');
    ring.settle();
    assert.equal(slow.closed, 'it does not read');
    assert.deepEqual(fast.texts(), ['x']);
    assert.deepEqual(fast.configurations().at(-1)?.left, [at(1, 1, Reason.PROCESS_DOWN)]);
  });

  it('announce an end that found no room once there is some', () => {
    const ring = new SimulatedRing(1, 2);
    const [one, two] = [ring.node(1), ring.node(2)];
    const [a, b] = [one.connect(), two.connect()];
    one.join(a, 'g', 1);
    two.join(b, 'g', 2);
    ring.settle();
    one.room = 0;
    a.close('gone');
    for (let i = 0; i < 5; i++) ring.visit(1);
    assert.deepEqual(b.configurations().at(-1)?.left, []);
    one.room = Infinity;
    ring.settle();
    assert.deepEqual(b.configurations().at(-1)?.left, [at(1, 1, Reason.PROCESS_DOWN)]);
  });
});
