import assert from 'node:assert/strict';
import { QuorumChecker } from '@coterie/testkit';
import { broken, regular, type Line } from './traces.js';

function verdict(...lines: Line[]): string {
  return broken(new QuorumChecker(), ...lines);
}

function quorum(node: number, quorate: boolean, sequence: number, ...members: number[]): Line {
  const ring = { representative: Math.min(...members), sequence };
  return [node, { kind: 'quorum', quorate, ring, members }];
}

const ring = (sequence: number, ...members: number[]): Line[] =>
  members.map((node) => [node, regular(sequence, ...members)]);

describe('the quorum checker', () => {
  it('is content with a majority and a minority', () => {
    assert.equal(
      verdict(
        ...ring(4, 1, 2),
        ...ring(8, 3),
        ...[quorum(1, true, 4, 1, 2), quorum(2, true, 4, 1, 2), quorum(3, false, 8, 3)],
      ),
      '',
    );
  });

  it('wants members of a ring to say the same in the end (Q1)', () => {
    assert.equal(verdict(...ring(4, 1, 2), quorum(1, true, 4, 1, 2), quorum(2, false, 4, 1, 2)), 'Q1');
    assert.equal(
      verdict(
        ...ring(4, 1, 2),
        quorum(1, true, 4, 1, 2),
        quorum(2, false, 4, 1, 2),
        quorum(1, false, 4, 1, 2),
      ),
      '',
    );
  });

  it('wants the node list of the ring (Q2)', () => {
    assert.equal(verdict(...ring(4, 1, 2), quorum(1, true, 4, 1)), 'Q2');
  });

  it('wants no two quorate rings of different nodes at once (Q3)', () => {
    const first = [...ring(4, 1), quorum(1, true, 4, 1)];
    assert.equal(verdict(...first, ...ring(8, 2), quorum(2, true, 8, 2)), 'Q3');
  });

  it('counts a ring only while all of its members are on it (Q3)', () => {
    const first = [...ring(4, 1, 2), quorum(1, true, 4, 1, 2)];
    assert.equal(
      verdict(...first, [2, { kind: 'fail', how: 'crash' }], ...ring(8, 3), quorum(3, true, 8, 3)),
      '',
    );
  });
});
