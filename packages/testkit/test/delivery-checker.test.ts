import assert from 'node:assert/strict';
import { DeliveryChecker } from '@coterie/testkit';
import { broken, deliver, originate, regular, transitional, type Line } from './traces.js';

function verdict(...lines: Line[]): string {
  return broken(new DeliveryChecker(), ...lines);
}

/** Nodes 1 and 2 are on ring 4; node 1 has sent packets 1 to 3. */
const sent: Line[] = [
  [1, regular(4, 1, 2)],
  [2, regular(4, 1, 2)],
  [1, originate(4, 1)],
  [1, originate(4, 2)],
  [1, originate(4, 3)],
];
const all = (node: number): Line[] => [1, 2, 3].map((seq) => [node, deliver(4, seq, 1)]);
const step = (node: number): Line[] => [
  [node, transitional(8, [1, 2], 1, 2)],
  [node, regular(8, 1, 2)],
];

describe('the delivery checker', () => {
  it('is content with everything delivered everywhere, before and in a change of the ring', () => {
    const late: Line = [2, deliver(4, 3, 1)];
    assert.equal(verdict(...sent, ...all(1), ...all(2), ...step(1), ...step(2)), '');
    assert.equal(verdict(...sent, ...all(1), ...all(2).slice(0, 2), late), '');
  });

  it('wants sending and delivery on the ring that the node is on (1.2)', () => {
    assert.equal(verdict([1, regular(4, 1)], [1, originate(8, 1)]), '1.2');
    assert.equal(verdict(...sent, ...all(1), ...step(1), [1, deliver(4, 1, 1)]), '1.2');
    assert.equal(verdict([1, regular(4, 1)], [1, transitional(8, [1], 1)], [1, originate(4, 1)]), '1.2');
  });

  it('wants delivered packets to have been sent, by whom they say (1.3)', () => {
    assert.equal(verdict(...sent, ...all(2), [2, deliver(4, 4, 1)]), '1.3');
    assert.equal(verdict(...sent, [2, deliver(4, 1, 2)]), '1.3');
  });

  it('wants each packet delivered once (1.4)', () => {
    assert.equal(verdict(...sent, ...all(2), [2, deliver(4, 3, 1)]), '1.4');
  });

  it('wants a node to deliver its own packets before it goes on (3)', () => {
    assert.equal(verdict(...sent, ...all(1).slice(0, 2), ...step(1)), '3');
  });

  it('wants the same delivered by those who go on together (4)', () => {
    assert.equal(verdict(...sent, ...all(1), ...all(2).slice(0, 2), ...step(1), ...step(2)), '4');
    // Not in the same configuration: then no order of packet and configuration fits either.
    const [move, install] = step(2) as [Line, Line];
    assert.equal(
      verdict(...sent, ...all(1), ...step(1), ...all(2).slice(0, 2), move, [2, deliver(4, 3, 1)], install),
      '4 6.1',
    );
  });

  it('asks nothing of those who went different ways', () => {
    const apart: Line[] = [
      [2, transitional(12, [2], 2)],
      [2, { kind: 'regular', ring: { representative: 2, sequence: 12 }, members: [2] }],
    ];
    assert.equal(verdict(...sent, ...all(1), ...all(2).slice(0, 2), ...step(1), ...apart), '');
  });

  it('wants packets numbered behind what their sender knew of (5)', () => {
    assert.equal(verdict([1, regular(4, 1)], [1, originate(4, 2)], [1, originate(4, 1)]), '5');
  });

  it('wants an order that fits everybody (6.1, 6.2)', () => {
    const swapped: Line[] = [
      [2, deliver(4, 2, 1)],
      [2, deliver(4, 1, 1)],
    ];
    assert.match(verdict(...sent, ...all(1), ...swapped), /6\.1/);
  });

  it('wants one packet a number, with the content that was sent (6.2)', () => {
    assert.equal(verdict(...sent, [2, originate(4, 3)]), '6.2');
    assert.equal(verdict(...sent, [2, deliver(4, 1, 1, 99)]), '6.2');
  });

  it('wants no holes on a ring, and all members to begin with the same packet (6.3)', () => {
    assert.equal(verdict(...sent, [2, deliver(4, 1, 1)], [2, deliver(4, 3, 1)]), '6.3');
    assert.equal(verdict(...sent, ...all(1), [2, deliver(4, 2, 1)]), '6.3');
  });

  it('wants holes in a transitional configuration to be of those who did not come along (6.3)', () => {
    // Packet 2 is node 2's, and node 1 sent packet 3 before it had it.
    const apart = sent.with(3, [2, originate(4, 2)]);
    const third = (...survivors: number[]): Line[] => [
      [3, regular(4, 1, 2)],
      [3, deliver(4, 1, 1)],
      [3, transitional(8, [1, 2], ...survivors)],
      [3, deliver(4, 3, 1)],
      [3, regular(8, 1, 2)],
    ];
    const heard: Line[] = [1, 2, 3].map((seq) => [1, deliver(4, seq, seq === 2 ? 2 : 1)]);
    assert.equal(verdict(...apart, ...heard, ...third(1, 2, 3)), '6.3');
    assert.equal(verdict(...apart, ...heard, ...third(1, 3)), '');
  });

  it('wants nothing to be delivered without what it depends on (5)', () => {
    const lost = (...between: Line[]): Line[] => [
      [1, regular(4, 1, 2)],
      [2, regular(4, 1, 2)],
      [1, originate(4, 1)],
      ...between,
      [2, transitional(8, [2], 2)],
      [2, deliver(4, 3, 1)],
    ];
    const first: Line = [2, deliver(4, 1, 1)];
    const own: Line[] = [
      [1, originate(4, 2)],
      [1, originate(4, 3)],
    ];
    const delivered: Line[] = [
      [2, originate(4, 2)],
      [1, deliver(4, 1, 1)],
      [1, deliver(4, 2, 2)],
      [1, originate(4, 3)],
    ];
    assert.equal(verdict(...lost(...own, first)), '5');
    assert.equal(verdict(...lost(...delivered, first)), '5');
    assert.equal(verdict(...lost([2, originate(4, 2)], [1, originate(4, 3)], first)), '');
  });
});
