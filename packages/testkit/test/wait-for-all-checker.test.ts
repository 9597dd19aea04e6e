import assert from 'node:assert/strict';
import { WaitForAllChecker } from '@coterie/testkit';
import { broken, regular, type Line } from './traces.js';

const verdict = (...lines: Line[]): string => broken(new WaitForAllChecker(3), ...lines);
const start = (...nodes: number[]): Line[] => nodes.map((node) => [node, { kind: 'start' }]);
const on = (sequence: number, ...members: number[]): Line[] =>
  members.map((node) => [node, regular(sequence, ...members)]);
const quorate = (node: number, sequence: number, ...members: number[]): Line => [
  node,
  { kind: 'quorum', quorate: true, ring: { representative: Math.min(...members), sequence }, members },
];

describe('the checker of wait_for_all (Q7)', () => {
  it('wants no quorum before all nodes were there at once', () => {
    assert.equal(verdict(...start(1, 2), ...on(4, 1, 2), quorate(1, 4, 1, 2)), 'Q7');
    assert.equal(verdict(...start(1, 2, 3), ...on(4, 1, 2, 3), ...on(8, 1, 2), quorate(1, 8, 1, 2)), '');
  });

  it('lets a node that starts again follow one that has waited, and none other', () => {
    const before = [...start(1, 2, 3), ...on(4, 1, 2, 3)];
    const crash = (node: number): Line => [node, { kind: 'fail', how: 'crash' }];
    const second = [...before, crash(2), ...start(2)];
    assert.equal(verdict(...second, ...on(8, 1, 2), quorate(2, 8, 1, 2)), '');
    assert.equal(verdict(...second, crash(1), ...start(1), ...on(8, 1, 2), quorate(2, 8, 1, 2)), 'Q7');
  });

  it('waits for nobody who says goodbye', () => {
    const before = [...start(1, 3), ...on(4, 1, 3)];
    const goodbye: Line = [3, { kind: 'fail', how: 'asked: asked' }];
    assert.equal(verdict(...before, goodbye, ...on(8, 1), quorate(1, 8, 1)), '');
    assert.equal(verdict(...before, quorate(1, 4, 1, 3), goodbye), '');
  });
});
