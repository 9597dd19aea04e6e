import assert from 'node:assert/strict';
import { Tally } from '../dist/transport-parts/index.js';

describe('a tally', () => {
  it('counts by name, and shows what somebody else counted by place', () => {
    const tally = new Tally(['received', 'sent', 'lost']);
    tally.add('lost');
    tally.add('lost', 2);
    tally.values[1]! += 7;
    assert.deepEqual([tally.get('received'), tally.get('sent'), tally.get('lost')], [0, 7, 3]);
    assert.deepEqual(
      [...tally.snapshot()],
      [
        ['received', 0],
        ['sent', 7],
        ['lost', 3],
      ],
    );
  });
});
