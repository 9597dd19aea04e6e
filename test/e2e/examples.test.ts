import assert from 'node:assert/strict';
import { join } from 'node:path';
import { Counter } from '@acme/counter/client';
import { Lock } from '@acme/locks/client';
import { WorkQueue } from '@acme/queue/client';
import type { Cluster } from '../interop/cluster.js';
import { project } from '../interop/nodes.js';
import { until } from '../interop/until.js';
import { describeWith, program } from '../needs.js';
import { insist } from './insist.js';
import { Started } from './started.js';
import { endRing, startRing } from './with-ring.js';

const PATIENCE = 30_000;
const NODES = [1, 2, 3];

describeWith([program('setpriv')], 'the examples, on one cluster of three', function () {
  this.timeout(120_000);
  let cluster: Cluster;
  let failed = false;
  const programs: Started[] = [];

  before(async () => {
    cluster = await startRing({ nodes: 3, token: 1000, project: () => join(project, 'examples/daemon') });
  });

  afterEach(async function () {
    failed ||= this.currentTest?.state === 'failed';
    for (const each of programs.splice(0)) each.kill();
    await whole();
  });

  after(() => endRing(cluster, failed));

  it('counter: every call gets a number of its own, and a node that was killed has the sum again', async () => {
    const first = example('counter', 1, '5');
    assert.equal(await first.ended(), 0);
    assert.deepEqual(first.lines(/./), ['node 1: 5']);

    const counters = await Promise.all(NODES.map((id) => insist(() => Counter.connect(on(id)))));
    const got = await Promise.all(
      counters.flatMap((counter) => Array.from({ length: 20 }, () => insist(() => counter.add()))),
    );
    assert.deepEqual(
      got.sort((a, b) => Number(a - b)),
      Array.from({ length: 60 }, (_, i) => BigInt(6 + i)),
    );
    const watching = example('counter', 2);
    await watching.says(/^65$/);

    await cluster.node(3).kill();
    assert.equal(await insist(() => counters[0]!.add(1000n)), 1065n);
    await watching.says(/^1065$/);
    await whole();
    await using restarted = await insist(() => Counter.connect(on(3)));
    // The counters agree again behind the groups, by which the cluster is told to be whole.
    await until('the sum on node 3', PATIENCE, async () => {
      const sum = await restarted.read();
      return sum === 1065n ? undefined : `it is ${sum}`;
    });
    for (const counter of counters) await counter.close();
  });

  it('leader: there is one, another one when its node is killed, and none without quorum', async () => {
    const one = example('leader', 1);
    await one.says(/^I lead$/);
    const two = example('leader', 2);
    const three = example('leader', 3);
    for (const each of [two, three]) await each.says(RegExp(`^process ${one.pid} on node 1 leads$`));

    await cluster.node(1).kill();
    await one.says(/^nobody leads$/);
    assert.equal(await one.ended(), 1);
    await two.says(/^I lead$/);
    await three.says(RegExp(`^process ${two.pid} on node 2 leads$`));

    await cluster.node(2).kill();
    await three.says(/^nobody leads$/);
    assert.deepEqual(three.lines(/^I lead$/), []);
    three.interrupt();
    assert.equal(await three.ended(), 0);
  });

  it('locks: one program has the lock at a time, and the next one when its node is killed', async () => {
    const users = NODES.map((id) => example('locks', id));
    for (const user of users) assert.equal(await user.ended(), 0);
    for (const [i, user] of users.entries()) {
      const turn = [`node ${i + 1} has the printer`, `node ${i + 1} lets go`];
      const said = [1, 2, 3].flatMap((n) => [`${turn[0]}, turn ${n}`, turn[1]!]);
      assert.deepEqual(user.lines(/./), said);
    }

    const held = await Lock.acquire('printer', on(3));
    let next: Lock | undefined;
    const waiting = Lock.acquire('printer', on(1)).then((lock) => (next = lock));
    await using other = await Lock.acquire('scanner', on(1));
    assert.equal(other.nodeId, 1);
    assert.equal(next, undefined, 'two programs have one lock');
    await cluster.node(3).kill();
    assert.equal((await held.lost)?.code, 'COTERIE_E_CLIENT_LOST');
    assert.equal((await waiting).nodeId, 1);
    await next!.release();
  });

  it('queue: what a worker had begun when its node was killed, another one does', async () => {
    const put = example('queue', 1, 'one', 'two', 'three', 'four');
    assert.equal(await put.ended(), 0);
    assert.deepEqual(
      put.lines(/./),
      [1, 2, 3, 4].map((id) => `task ${id} is in the queue`),
    );

    await using far = await insist(() => WorkQueue.connect(on(3)));
    const begun = await far.tasks().next();
    assert.deepEqual(begun.value, { id: 1, text: 'one' });
    const worker = example('queue', 2);
    await worker.says(/^task 2 begins: two$/);
    await cluster.node(3).kill();
    await worker.says(/^task \d is done$/, 4);
    assert.deepEqual(
      worker.lines(/begins/).sort(),
      [...['task 1 begins: one', 'task 2 begins: two', 'task 3 begins: three', 'task 4 begins: four']].sort(),
    );
  });

  it('chat: everybody sees the same lines in the same order, and who is gone', async () => {
    const [ann, bob, cat] = ['ann', 'bob', 'cat'].map((name, i) => example('chat', i + 1, name)) as [
      Started,
      Started,
      Started,
    ];
    for (const each of [ann, bob, cat]) await each.says(/^\* 3 in chat\/lobby$/);
    for (let i = 1; i <= 10; i++) for (const each of [ann, bob, cat]) each.type(`line ${i}`);
    for (const each of [ann, bob, cat]) await each.says(/: line /, 30);
    assert.deepEqual(bob.lines(/: line /), ann.lines(/: line /));
    assert.deepEqual(cat.lines(/: line /), ann.lines(/: line /));

    await cluster.node(3).kill();
    for (const each of [ann, bob]) await each.says(/^\* cat went \(node-down\)$/);
    bob.endInput();
    assert.equal(await bob.ended(), 0);
    await ann.says(/^\* bob went \(leave\)$/);
  });

  function example(name: string, node: number, ...args: string[]): Started {
    const file = join(project, 'examples', name, 'dist/example.js');
    const started = new Started(file, args, cluster.node(node).runDir);
    programs.push(started);
    return started;
  }

  function on(node: number): { readonly runDir: string } {
    return { runDir: cluster.node(node).runDir };
  }

  /** Nodes that were killed come back. */
  async function whole(): Promise<void> {
    const killed = cluster.nodes.filter((node) => !node.running).map(({ id }) => id);
    await cluster.start(...killed);
    await cluster.agree(NODES, PATIENCE);
  }
});
