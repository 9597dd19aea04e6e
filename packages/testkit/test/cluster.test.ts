import assert from 'node:assert/strict';
import { cluster } from '@coterie/testkit';

describe('a simulated cluster', () => {
  it('forms a ring, goes on without a member, and takes it back', async () => {
    const c = cluster({ nodes: 3, seed: 7 });
    c.start();
    await c.settled();
    c.crash(2);
    await c.settled();
    assert.deepEqual(c.node(1).view?.members, [1, 3]);
    c.start(2);
    await c.settled();
    assert.deepEqual(c.node(2).view?.members, [1, 2, 3]);
  });
});
