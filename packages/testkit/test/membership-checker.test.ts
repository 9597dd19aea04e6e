import assert from 'node:assert/strict';
import { MembershipChecker } from '@coterie/testkit';
import { broken, regular, transitional, type Line } from './traces.js';

function verdict(...lines: Line[]): string {
  return broken(new MembershipChecker(), ...lines);
}

const both = [1, 2];
/** Nodes 1 and 2 are on ring 4. */
const together: Line[] = [
  [1, regular(4, 1, 2)],
  [2, regular(4, 1, 2)],
];

describe('the membership checker', () => {
  it('is content with a ring, a partition and a merge', () => {
    assert.equal(
      verdict(
        ...together,
        [1, transitional(8, [1], 1)],
        [1, regular(8, 1)],
        [2, transitional(8, [2], 2)],
        [2, regular(8, 2)],
        [1, transitional(12, both, 1)],
        [2, transitional(12, both, 2)],
        [1, regular(12, 1, 2)],
        [2, regular(12, 1, 2)],
      ),
      '',
    );
  });

  it('wants members to agree on a ring (M1)', () => {
    assert.equal(verdict([1, regular(4, 1, 2)], [2, regular(4, 1, 2, 3)]), 'M1');
  });

  it('wants a node to be in its ring (M1)', () => {
    assert.equal(verdict([3, regular(4, 1, 2)]), 'M1');
  });

  it('wants ring sequences to grow, from life to life too (M2)', () => {
    assert.equal(verdict([1, regular(8, 1)], [1, transitional(4, [1], 1)], [1, regular(4, 1)]), 'M2');
    assert.equal(verdict([1, regular(8, 1)], ['1.2', regular(8, 1)]), 'M2');
  });

  it('wants a transitional configuration between regular ones (M3)', () => {
    assert.equal(verdict([1, regular(4, 1)], [1, regular(8, 1)]), 'M3');
    const twice: Line[] = [
      [1, transitional(8, [1], 1)],
      [1, transitional(8, [1], 1)],
    ];
    assert.equal(verdict([1, regular(4, 1)], ...twice), 'M3');
  });

  it('wants only those to come along who were on the old ring (M3)', () => {
    assert.equal(verdict([1, regular(4, 1)], [1, transitional(8, both, 1, 2)], [1, regular(8, 1, 2)]), 'M3');
  });

  it('wants all to come along who made the same step (M3)', () => {
    assert.equal(
      verdict(
        ...together,
        [1, transitional(8, both, 1)],
        [1, regular(8, 1, 2)],
        [2, transitional(8, both, 1, 2)],
        [2, regular(8, 1, 2)],
      ),
      'M3 M4',
    );
  });

  it('does not let a node that was elsewhere meanwhile come along (M3)', () => {
    assert.equal(
      verdict(
        ...together,
        [2, transitional(8, [2], 2)],
        [2, regular(8, 2)],
        [1, transitional(12, both, 1, 2)],
        [1, regular(12, 1, 2)],
        [2, transitional(12, both, 2)],
        [2, regular(12, 1, 2)],
      ),
      'M3',
    );
  });
});
