import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ConfdbClient } from '@coterie/engine-confdb/client';
import { withRing } from '../e2e/with-ring.js';
import type { Cluster } from '../interop/cluster.js';
import { project } from '../interop/nodes.js';
import { until } from '../interop/until.js';
import { describeWith, program } from '../needs.js';
import { Workshop } from './workshop.js';

const PAGE = join(project, 'docs/writing-a-transport.md');
/** What the daemon runs beside the transport: engines of this repository, as they are. */
const ENGINES = ['engine-confdb', 'engine-cpg', 'engine-quorum'];

describeWith([program('setpriv'), program('git')], 'docs/writing-a-transport.md', function () {
  this.timeout(120_000);
  let workshop: Workshop;
  let transport: string;

  before(() => {
    workshop = new Workshop();
    transport = workshop.generate('transport', 'my-loop');
    change(transport);
    workshop.run(transport, 'tsc', '-b', '.', 'test');
  });

  after(() => workshop.remove());

  it('has changes after which the transport lints and passes its tests', () => {
    workshop.run(transport, 'eslint', '.');
    assert.match(workshop.run(transport, 'mocha', 'dist-test/**/*.test.js'), / 14 passing /);
  });

  it('makes a transport that loses and delays, over which process groups keep their order', async () => {
    const daemon = daemonWith(transport);
    await withRing(
      { nodes: 3, token: 1000, transport: 'my-loop', project: () => daemon },
      async (cluster) => {
        for (const [size, count] of [
          [300, 100],
          [1400, 50],
          [100_000, 3],
        ] as const)
          await cluster.exchange(size, count);
        for (const { id } of cluster.nodes) {
          for (const what of ['tx_lost', 'tx_late']) {
            // Of a hundred packets two get lost: a node that has sent few may not have lost one yet.
            await until(`${what} of node ${id}`, 60_000, async () => {
              if ((await counted(cluster, id, what)) > 0) return undefined;
              await cluster.exchange(1400, 20);
              return 'none';
            });
          }
        }
        await cluster.node(3).kill();
        await cluster.agree([1, 2], 30_000);
        await cluster.exchange(300, 20);
        await cluster.start(3);
        await cluster.agree([1, 2, 3], 30_000);
      },
    );
  });

  /** A folder whose dependencies are the transport and the engines. */
  function daemonWith(transport: string): string {
    const daemon = join(workshop.folder, 'daemon');
    mkdirSync(join(daemon, 'node_modules'), { recursive: true });
    symlinkSync(join(project, 'node_modules/@coterie'), join(daemon, 'node_modules/@coterie'));
    symlinkSync(transport, join(daemon, 'node_modules/my-loop'));
    const names = ['my-loop', ...ENGINES.map((name) => `@coterie/${name}`)];
    const dependencies = Object.fromEntries(names.map((name) => [name, '*']));
    writeFileSync(join(daemon, 'package.json'), JSON.stringify({ private: true, dependencies }));
    return daemon;
  }
});

/** Writes the files of the page, and applies its changes. */
function change(folder: string): void {
  const blocks = readFileSync(PAGE, 'utf8').matchAll(/^```(ts|diff)\n([^]*?)^```$/gm);
  for (const [, language, block] of blocks) {
    if (language === 'diff') execFileSync('git', ['apply'], { cwd: folder, input: block });
    else {
      const [, path] = /^\/\/ (\S+)\n/.exec(block!)!;
      writeFileSync(join(folder, path!), block!);
    }
  }
}

async function counted(cluster: Cluster, node: number, name: string): Promise<number> {
  await using confdb = await ConfdbClient.connect({ runDir: cluster.node(node).runDir, map: 'stats' });
  return Number((await confdb.get(`stats.transport.${name}`))?.value);
}
