import assert from 'node:assert/strict';
import { Lab } from './lab.js';

describe('votequorum', () => {
  it('is quorate with a majority, on every member alike', () => {
    const lab = new Lab({ votes: [1, 1, 1] });
    assert.deepEqual(lab.quorate(), []);
    lab.form([1]);
    assert.deepEqual(lab.quorate(), []);
    lab.form([1, 2, 3]);
    assert.deepEqual(lab.quorate(), [1, 2, 3]);
    lab.form([1, 2], [3]);
    assert.deepEqual(lab.quorate(), [1, 2]);
    assert.equal(lab.node(3).dump().reason, '1 of 3 votes, quorum is 2');
    lab.form([1, 2, 3]);
    assert.deepEqual(lab.quorate(), [1, 2, 3]);
  });
});
