import assert from 'node:assert/strict';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfdbClient } from '@coterie/engine-confdb/client';
import { QuorumClient } from '@coterie/engine-quorum/client';
import { Cluster } from '../interop/cluster.js';
import { project as repository } from '../interop/nodes.js';
import { until } from '../interop/until.js';
import { describeWith, program } from '../needs.js';
import { Loopback } from './loopback.js';

const PATIENCE = 30_000;
const NAME = 'quorum-beacon';

const manifest = {
  name: NAME,
  version: '1.0.0',
  type: 'module',
  coterie: {
    ...{ manifest: 1, kind: 'engine', name: 'beacon', entry: './plugin.js', sdk: '>=0.1.0 <1' },
    service: { number: 1500, wire: { min: 1, max: 1 } },
    provides: ['quorum-provider@1'],
  },
};

/** A project with the plugins of this repository and one more, that stands in for a package of somebody else. */
function writeProject(folder: string): void {
  const { dependencies } = JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
  };
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ private: true, dependencies: { ...dependencies, [NAME]: '1.0.0' } }),
  );
  const modules = join(folder, 'node_modules');
  mkdirSync(join(modules, NAME), { recursive: true });
  symlinkSync(join(repository, 'node_modules', '@coterie'), join(modules, '@coterie'));
  writeFileSync(join(modules, NAME, 'package.json'), JSON.stringify(manifest));
  copyFileSync(fileURLToPath(new URL('beacon.js', import.meta.url)), join(modules, NAME, 'plugin.js'));
}

describeWith([program('setpriv')], 'three coteried with a quorum provider that is a plugin', function () {
  this.timeout(90_000);
  const project = mkdtempSync(join(tmpdir(), 'coterie-provider-'));
  const ids = [1, 2, 3];
  let network: Loopback;
  let cluster: Cluster;

  before(async () => {
    writeProject(project);
    network = await Loopback.create(ids);
    const nodes = ids.map(() => 'coteried' as const);
    cluster = Cluster.create(
      { transport: 'udpu', token: 1000, nodes, provider: 'beacon', project: () => project },
      network,
    );
    await cluster.start(...ids);
    await cluster.agree(ids, PATIENCE);
  });

  after(async () => {
    await cluster.dispose(false);
    rmSync(project, { recursive: true });
  });

  const quorumOf = (node: number) => QuorumClient.connect({ runDir: cluster.node(node).runDir });

  it('have its verdict, and no votes', async () => {
    await using quorum = await quorumOf(2);
    assert.deepEqual([await quorum.hasProvider(), await quorum.quorate()], [true, true]);
    assert.equal((await quorum.explain()).reason, 'node 1 decides');
    await assert.rejects(quorum.info(), /NOT_EXIST/);
    await using database = await ConfdbClient.connect({ runDir: cluster.node(2).runDir });
    assert.equal((await database.get('runtime.plugins.beacon.version'))?.value, '1.0.0');
  });

  it('go on in the part that it chooses, though that is the smaller one', async () => {
    await network.partition([1], [2, 3]);
    try {
      for (const node of ids) {
        await using quorum = await quorumOf(node);
        await until(`the verdict on node ${node}`, PATIENCE, async () => {
          for await (const { quorate, members } of quorum.watch()) {
            const expected = node === 1 ? 'true 1' : 'false 2,3';
            const now = `${quorate} ${members.join()}`;
            return now === expected ? undefined : now;
          }
          return 'nothing';
        });
      }
    } finally {
      await network.heal();
    }
    await cluster.agree(ids, PATIENCE);
  });
});
