import assert from 'node:assert/strict';
import { cluster, pluginIn, type SimulatedClient, type SimulatedCluster } from '@coterie/testkit';
import { SERVICE, Want } from '@acme/locks';

const plugin = await pluginIn(new URL('..', import.meta.url));

describe('locks', () => {
  it('gives a lock to one program, and to the next when its node fails', async () => {
    const c = cluster({ nodes: 3, plugins: [plugin] });
    c.start();
    await c.settled();
    const first = wants(c, 1);
    assert.ok(await c.runUntil(() => first.has));
    const second = wants(c, 2);
    await c.run(1000);
    assert.equal(second.has, false);
    c.crash(1);
    assert.ok(await c.runUntil(() => second.has));
  });

  it('takes a lock away where the cluster is not quorate, before others get it', async () => {
    const c = cluster({ nodes: 3, plugins: [plugin] });
    c.start();
    await c.settled();
    const first = wants(c, 1);
    assert.ok(await c.runUntil(() => first.has));
    c.partition([1], [2, 3]);
    await c.settled();
    assert.equal(first.program.closed, 'the cluster is not quorate');
    const second = wants(c, 2);
    assert.ok(await c.runUntil(() => second.has));
  });

  it('takes a lock away from a program whose node stood still, once others have it', async () => {
    const c = cluster({ nodes: 3, plugins: [plugin] });
    c.start();
    await c.settled();
    const first = wants(c, 1);
    assert.ok(await c.runUntil(() => first.has));
    const second = wants(c, 2);
    c.node(1).process.pause(10_000);
    assert.ok(await c.runUntil(() => second.has));
    assert.ok(await c.runUntil(() => first.program.closed !== undefined));
  });
});

/** A program of a node that wants the printer. */
function wants(c: SimulatedCluster, node: number): { program: SimulatedClient; has: boolean } {
  const program = c.node(node).connect(SERVICE);
  const wish = { program, has: false };
  program.onFrame = ({ error }) => (wish.has = error === 1);
  program.request(0, Want, { name: 'printer' });
  return wish;
}
