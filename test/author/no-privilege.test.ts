import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CpgClient } from '@coterie/engine-cpg/client';
import { withRing } from '../e2e/with-ring.js';
import { crash, departure, messages, processes } from '../interop/scenarios.js';
import { describeWith, program } from '../needs.js';
import { DaemonFolder } from './daemon-folder.js';
import { Emigrant } from './emigrant.js';
import { Workshop } from './workshop.js';

const SERVICE = 1500;

/** If an engine of a third party can be cpg, then it can be anything that cpg is the model of. */
describeWith([program('setpriv')], 'engine-cpg as a package of a third party', function () {
  this.timeout(120_000);
  let workshop: Workshop;
  let groups: Emigrant;

  before(() => {
    workshop = new Workshop();
    groups = new Emigrant(workshop, 'engine-cpg', {
      packageName: 'acme-groups',
      name: 'groups',
      service: SERVICE,
      replaced: {
        "@ServiceEngine({ name: 'cpg', service: 2 })": `@ServiceEngine({ name: 'groups', service: ${SERVICE} })`,
        'const SERVICE = 2;': `const SERVICE = ${SERVICE};`,
      },
    });
    groups.build();
  });

  after(() => {
    groups.remove();
    workshop.remove();
  });

  it('was compiled where nothing of Coterie can be imported but the SDK', () => {
    const { resolve } = createRequire(join(groups.folder, 'package.json'));
    assert.ok(resolve('@coterie/sdk'));
    for (const other of ['core', 'totem', 'testkit', 'engine-cpg'])
      assert.throws(() => resolve(`@coterie/${other}`), { code: 'MODULE_NOT_FOUND' });
  });

  it('does beside the original all that the original does, on three nodes', async () => {
    const daemon = new DaemonFolder(join(workshop.folder, 'daemon'));
    const installed = daemon.install(groups.folder);
    const cpg = pathToFileURL(join(installed, 'dist/client/index.js')).href;
    const plan = { nodes: 3, token: 1000, project: () => daemon.folder, cpg };
    await withRing(plan, async (cluster) => {
      const listed = workshop.run(daemon.folder, 'coterie', 'plugins', '--run-dir', cluster.node(2).runDir);
      assert.match(listed, /^groups +engine +1\.0\.0 +acme-groups +groups@1 /m);
      const sizes = [300, 1455, 100_000, 1_000_000, 3_000_000] as const;
      await messages(sizes.map((size) => [size, size < 100_000 ? 40 : 2])).run(cluster);
      await processes.run(cluster);
      await crash([1]).run(cluster);
      await departure([3]).run(cluster);
      for (const { runDir } of cluster.nodes) assert.deepEqual(await groupsOf(runDir), []);
    });
  });
});

/** The groups of the original, of which the clients of the copy know nothing. */
async function groupsOf(runDir: string): Promise<string[]> {
  await using original = await CpgClient.connect({ runDir });
  const found: string[] = [];
  for await (const { group } of original.groups()) found.push(group);
  return found;
}
