import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inspect, isDeepStrictEqual } from 'node:util';
import { CfgClient } from '@coterie/engine-cfg/client';
import { ConfdbClient } from '@coterie/engine-confdb/client';
import { CsError, value, type DatabaseChange } from '@coterie/sdk';
import { ServiceError } from '@coterie/sdk/client';
import { Cluster } from '../interop/cluster.js';
import { until } from '../interop/until.js';
import { describeWith, program } from '../needs.js';
import { insist } from './insist.js';
import { Loopback } from './loopback.js';

const PATIENCE = 30_000;
const ids = [1, 2, 3];
/** Values as long as can be, so that state travels in many messages. */
const LONG = 16_000;

describeWith([program('setpriv')], 'the map that three coteried share', function (this: Mocha.Suite) {
  this.timeout(90_000);
  let network: Loopback;
  let cluster: Cluster;
  let failed = false;

  before(async () => {
    network = await Loopback.create(ids);
    const nodes = ids.map(() => 'coteried' as const);
    cluster = Cluster.create({ transport: 'udpu', token: 1000, nodes }, network);
    await cluster.start(...ids);
    await cluster.agree(ids, PATIENCE);
  });

  afterEach(function () {
    failed ||= this.currentTest?.state === 'failed';
  });

  after(async () => {
    const folder = await cluster.dispose(failed);
    if (folder !== undefined) console.error(`See ${folder}`);
  });

  const open = (node: number) => ConfdbClient.connect({ runDir: cluster.node(node).runDir, map: 'cluster' });

  /** Changes the map through a node; it refuses while its ring changes. */
  async function change(node: number, act: (map: ConfdbClient) => Promise<unknown>): Promise<void> {
    await using map = await open(node);
    await until(`a change on node ${node}`, PATIENCE, async () => {
      const error = await act(map).then(() => undefined, refusal);
      return error === CsError.TRY_AGAIN ? 'it is to be tried again' : undefined;
    });
  }

  async function contents(node: number): Promise<Record<string, unknown>> {
    await using map = await open(node);
    const all: Record<string, unknown> = {};
    for await (const { key, value: held } of map.iterate('')) all[key] = held.value;
    return all;
  }

  /** All nodes have this, as soon as the last change has come round: after a change of the ring, behind the groups. */
  async function same(expected: Record<string, unknown>): Promise<void> {
    for (const node of ids) {
      await until(`the map of node ${node}`, PATIENCE, async () => {
        const has = await contents(node);
        return isDeepStrictEqual(has, expected) ? undefined : inspect(has, { maxStringLength: 20 });
      });
    }
  }

  async function empty(): Promise<void> {
    for (const key of Object.keys(await contents(1))) await change(1, (map) => map.delete(key));
    await same({});
  }

  it('lets one of three win that compare and set', async () => {
    await empty();
    const won = await Promise.all(
      ids.map(async (node) => {
        await using map = await open(node);
        return await insist(() => map.compareAndSet('cluster.leader', undefined, value.u32(node)));
      }),
    );
    assert.equal(won.filter(Boolean).length, 1);
    await same({ 'cluster.leader': ids[won.indexOf(true)] });
  });

  it('comes whole to a node that was away', async () => {
    await empty();
    const expected: Record<string, unknown> = {};
    for (let n = 10; n < 40; n++) {
      const key = `cluster.long.${n}`;
      expected[key] = `${n}`.repeat(LONG / 2);
      await change(1 + (n % 3), (map) => map.set(key, value.string(expected[key] as string)));
    }
    await same(expected);
    await cluster.node(3).kill();
    await cluster.agree([1, 2], PATIENCE);
    try {
      await change(1, (map) => map.delete('cluster.long.10'));
      delete expected['cluster.long.10'];
      await change(2, (map) => map.set('cluster.long.11', value.i32(-5)));
      expected['cluster.long.11'] = -5;
    } finally {
      await cluster.start(3);
    }
    await cluster.agree(ids, PATIENCE);
    await same(expected);
  });

  it('is changed by the part with quorum alone, and the other takes that over', async () => {
    await empty();
    for (const key of ['kept', 'changed', 'deleted'])
      await change(1, (map) => map.set(`cluster.${key}`, value.string('before')));
    await same({ 'cluster.changed': 'before', 'cluster.deleted': 'before', 'cluster.kept': 'before' });
    await using apart = await open(3);
    const heard: string[] = [];
    const stop = new AbortController();
    const changes = await apart.track('cluster.', { prefix: true, signal: stop.signal });
    const hearing = hear(changes, heard, stop.signal);
    await network.partition([1, 2], [3]);
    try {
      await Promise.all([cluster.agree([1, 2], PATIENCE), cluster.agree([3], PATIENCE)]);
      await assert.rejects(apart.set('cluster.changed', value.string('apart')), (error) => {
        assert.equal(refusal(error), CsError.TRY_AGAIN);
        return true;
      });
      await change(1, (map) => map.set('cluster.changed', value.string('after')));
      await change(2, (map) => map.delete('cluster.deleted'));
      await change(2, (map) => map.set('cluster.added', value.u64(2n ** 63n)));
      // A node that is cut off has what it had.
      assert.equal((await apart.get('cluster.changed'))?.value, 'before');
    } finally {
      await network.heal();
    }
    await cluster.agree(ids, PATIENCE);
    await same({ 'cluster.added': 2n ** 63n, 'cluster.changed': 'after', 'cluster.kept': 'before' });
    await until('what trackers hear', PATIENCE, () => (heard.length >= 3 ? undefined : heard.join()));
    stop.abort();
    await hearing;
    assert.deepEqual(heard.sort(), ['add cluster.added', 'delete cluster.deleted', 'modify cluster.changed']);
  });

  it('is not touched by a reload, whatever the file says', async () => {
    await empty();
    await change(2, (map) => map.set('cluster.colour', value.string('green')));
    await same({ 'cluster.colour': 'green' });
    for (const node of ids) {
      const file = join(cluster.folder, `${node}`, 'corosync.conf');
      const text = readFileSync(file, 'utf8').replace('token: 1000', 'token: 1100');
      writeFileSync(file, `${text}cluster {\n  colour: red\n  shape: round\n}\n`);
    }
    await using cfg = await CfgClient.connect({ runDir: cluster.node(1).runDir });
    const { applied, nodes } = await insist(() => cfg.reload());
    assert.equal(applied, true);
    for (const { changed, warnings } of nodes) {
      assert.ok(changed.includes('totem.token'), changed.join());
      assert.ok(!changed.some((key) => key.startsWith('cluster.')), changed.join());
      assert.ok(
        warnings.some((line) => line.includes('cluster.')),
        warnings.join('\n'),
      );
    }
    for (const node of ids) assert.deepEqual(await contents(node), { 'cluster.colour': 'green' });
    await change(3, (map) => map.set('cluster.colour', value.string('blue')));
    await same({ 'cluster.colour': 'blue' });
  });
});

async function hear(
  changes: AsyncIterable<DatabaseChange>,
  heard: string[],
  signal: AbortSignal,
): Promise<void> {
  try {
    for await (const { kind, key } of changes) heard.push(`${kind} ${key}`);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

/** The CS_ERR of what a service refused. @throws what is none */
function refusal(error: unknown): number {
  if (error instanceof ServiceError) return error.csError;
  throw error;
}
