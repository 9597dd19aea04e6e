import assert from 'node:assert/strict';
import { fileURLToPath } from 'node:url';
import { cluster, pluginIn, type SimulatedCluster } from '@coterie/testkit';
import { Line, SERVICE, Text, __Name__Engine } from '__package__';

const plugin = await pluginIn(fileURLToPath(new URL('..', import.meta.url)));

describe('__name__', () => {
  it('shows every line on every node, in the same order', async () => {
    const c = await started();
    for (const id of [1, 2, 3]) c.node(id).connect(SERVICE).request(0, Text, { text: `from ${id}` });
    assert.ok(await c.runUntil(() => c.nodes.every(({ id }) => texts(c, id).length === 3)));
    assert.deepEqual(texts(c, 2), texts(c, 1));
    assert.deepEqual(texts(c, 3), texts(c, 1));
  });

  it('tells the programs of every node', async () => {
    const c = await started();
    const heard: string[] = [];
    c.node(3).connect(SERVICE).onFrame = ({ kind, body }) => {
      const line = Line.decode(body, 0, body.byteLength);
      if (kind === 'event' && line.ok) heard.push(line.value.text);
    };
    c.node(1).connect(SERVICE).request(0, Text, { text: 'hello' });
    assert.ok(await c.runUntil(() => heard.length === 1));
    assert.deepEqual(heard, ['hello']);
  });

  it('agrees again after a partition: the larger side is right', async () => {
    const c = await started();
    c.partition([1], [2, 3]);
    await c.settled();
    c.node(1).connect(SERVICE).request(0, Text, { text: 'alone' });
    c.node(2).connect(SERVICE).request(0, Text, { text: 'together' });
    assert.ok(await c.runUntil(() => texts(c, 1).length === 1 && texts(c, 3).length === 1));
    c.heal();
    await c.settled();
    for (const id of [1, 2, 3]) assert.deepEqual(texts(c, id), ['together']);
  });

  it('keeps as many lines as it is told', async () => {
    const c = await started({ keep: 2 });
    const program = c.node(1).connect(SERVICE);
    for (const text of ['one', 'two', 'three']) program.request(0, Text, { text });
    assert.ok(await c.runUntil(() => c.node(2).engine(__Name__Engine).board.said === 3));
    assert.deepEqual(texts(c, 2), ['two', 'three']);
  });
});

/** A cluster of three on one ring; virtual time, one seed, the same run each time. */
async function started(settings = {}): Promise<SimulatedCluster> {
  const c = cluster({ nodes: 3, plugins: [plugin], config: { '__name__': settings } });
  c.start();
  await c.settled();
  return c;
}

function texts(c: SimulatedCluster, id: number): string[] {
  return c.node(id).engine(__Name__Engine).board.lines.map(({ text }) => text);
}
