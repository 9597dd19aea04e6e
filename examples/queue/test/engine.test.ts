import assert from 'node:assert/strict';
import { cluster, pluginIn, type SimulatedClient, type SimulatedCluster } from '@coterie/testkit';
import { Put, SERVICE, Task } from '@acme/queue';
import { empty } from '@coterie/sdk';

const plugin = await pluginIn(new URL('..', import.meta.url));

describe('queue', () => {
  it('gives what a worker had begun to the next one when its node fails', async () => {
    const c = await started();
    const first = worker(c, 1);
    c.node(2).connect(SERVICE).request(0, Put, { text: 'dig' });
    assert.ok(await c.runUntil(() => first.task?.text === 'dig'));
    const second = worker(c, 2);
    await c.run(1000);
    assert.equal(second.task, undefined);
    c.crash(1);
    assert.ok(await c.runUntil(() => second.task?.text === 'dig'));
  });

  it('tells a worker whose node stood still that its task is no longer its own', async () => {
    const c = await started();
    const first = worker(c, 1);
    c.node(2).connect(SERVICE).request(0, Put, { text: 'dig' });
    assert.ok(await c.runUntil(() => first.task !== undefined));
    const second = worker(c, 2);
    c.node(1).process.pause(10_000);
    assert.ok(await c.runUntil(() => second.task !== undefined));
    assert.ok(await c.runUntil(() => first.program.closed !== undefined));
  });
});

async function started(): Promise<SimulatedCluster> {
  const c = cluster({ nodes: 3, plugins: [plugin] });
  c.start();
  await c.settled();
  return c;
}

/** A program of a node that asks for a task. */
function worker(c: SimulatedCluster, node: number): { program: SimulatedClient; task: Task | undefined } {
  const program = c.node(node).connect(SERVICE);
  const found: { program: SimulatedClient; task: Task | undefined } = { program, task: undefined };
  program.onFrame = ({ body }) => {
    const task = Task.decode(body, 0, body.byteLength);
    if (task.ok) found.task = task.value;
  };
  program.request(1, empty, undefined);
  return found;
}
