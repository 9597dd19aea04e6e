import assert from 'node:assert/strict';
import { LivenessChecker } from '@coterie/testkit';
import { broken, regular, transitional, type Line } from './traces.js';

const quiet: Line = [0, { kind: 'quiet', patience: 1000 }];
const start: Line[] = [
  [1, { kind: 'start' }],
  [2, { kind: 'start' }],
];
const synchronised = (...nodes: (number | string)[]): Line[] =>
  nodes.map((node) => [node, { kind: 'synchronised' }]);
const on = (sequence: number): Line[] => [
  [1, regular(sequence, 1, 2)],
  [2, regular(sequence, 1, 2)],
];

describe('the liveness checker', () => {
  it('wants no change once all are on one ring', () => {
    const together = [...start, ...on(4), ...synchronised(1, 2), quiet];
    assert.equal(broken(new LivenessChecker(), ...together), '');
    assert.equal(broken(new LivenessChecker(), ...together, [1, transitional(8, [1, 2], 1, 2)]), 'L3');
  });

  it('takes a change after another fault for its consequence, and wants one ring again', () => {
    const together = [...start, ...on(4), ...synchronised(1, 2), quiet];
    const fault: Line = [0, { kind: 'fault', what: 'partition' }];
    const alone: Line[] = [[1, transitional(8, [1], 1)], [1, regular(8, 1)], ...synchronised(1)];
    assert.equal(broken(new LivenessChecker(), ...together, fault, ...alone), 'L1');
    assert.equal(broken(new LivenessChecker(), ...together, fault), '');
    const again: Line[] = [...on(12), ...synchronised(1, 2)];
    assert.equal(broken(new LivenessChecker(), ...together, fault, ...alone, ...again), '');
    assert.equal(broken(new LivenessChecker(), ...together, fault, ...alone, ...again, ...alone), 'L3 L1');
  });

  it('takes no ring for the ring of all that its nodes are about to leave', () => {
    const leaving: Line[] = [1, 2].map((node) => [node, { kind: 'state', state: 'recovery', cause: '' }]);
    const next: Line[] = [1, 2].flatMap((node) => [
      [node, { kind: 'state', state: 'operational', cause: '' }],
      [node, transitional(8, [1, 2], 1, 2)],
      [node, regular(8, 1, 2)],
    ]);
    const before = [...start, ...on(4), ...synchronised(1, 2), ...leaving, quiet];
    assert.equal(broken(new LivenessChecker(), ...before, ...next, ...synchronised(1, 2)), '');
    assert.equal(broken(new LivenessChecker(), ...before), 'L1');
  });

  it('asks for no new ring after a fault that changed nothing, however long that is ago', () => {
    const [at, happening] = quiet as [number, { kind: 'quiet'; patience: number }];
    const hasty: Line = [at, { ...happening, patience: 1 }];
    const together = [...start, ...on(4), ...synchronised(1, 2), hasty];
    const fault: Line = [0, { kind: 'fault', what: 'heal' }];
    assert.equal(broken(new LivenessChecker(), ...together, fault, fault, ...synchronised(1, 2, 1, 2)), '');
  });

  it('does not take two rings of one id for one', () => {
    const before = [...start, ...on(4), ...synchronised(1, 2)];
    const again: Line[] = [
      [1, { kind: 'fail', how: 'crash' }],
      ['1.2', { kind: 'start' }],
      quiet,
      ['1.2', regular(4, 1)],
      ...synchronised('1.2'),
    ];
    const merged: Line[] = [
      [2, transitional(8, [1, 2], 2)],
      ['1.2', transitional(8, [1, 2], 1)],
      ['1.2', regular(8, 1, 2)],
      [2, regular(8, 1, 2)],
      ...synchronised('1.2', 2),
    ];
    assert.equal(broken(new LivenessChecker(), ...before, ...again, ...merged), '');
    assert.equal(broken(new LivenessChecker(), ...before, ...again), 'L1');
  });
});
