import assert from 'node:assert/strict';
import type { Clock, Logger } from '../dist/index.js';
import { Complaints } from '../dist/transport-parts/index.js';

describe('complaints', () => {
  it('come once a minute for each topic, the message being one, until they are cleared', () => {
    let now = 5;
    const said: string[] = [];
    const log = { warn: (message: string) => said.push(message) } as unknown as Logger;
    const complaints = new Complaints(log, { now: () => now } as Clock);
    const warned = [
      complaints.warn('3 lost', 'loss'),
      complaints.warn('4 lost', 'loss'),
      complaints.warn('no way'),
      complaints.warn('no way'),
    ];
    assert.deepEqual(warned, [true, false, true, false]);
    now += 59_999;
    assert.equal(complaints.warn('5 lost', 'loss'), false);
    now += 1;
    assert.equal(complaints.warn('6 lost', 'loss'), true);
    complaints.clear();
    assert.equal(complaints.warn('7 lost', 'loss'), true);
    assert.deepEqual(said, ['3 lost', 'no way', '6 lost', '7 lost']);
  });
});
