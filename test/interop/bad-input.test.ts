import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeWith, program, root } from '../needs.js';
import { badInputs, granted, hoard, hoards, services } from './bad-requests.js';
import { Cluster } from './cluster.js';
import { Hosts } from './hosts.js';
import { say, type Said } from './stream-say.js';
import { runBeside } from './twins.js';

const PATIENCE = 20_000;
const needs = [root, ...['gcc', 'ip', 'nsenter', 'setpriv'].map(program)];

/** Says requests to a service, and tells what came of each. */
type Say = (service: keyof typeof services, requests: readonly Said[]) => Promise<string[]>;

/** libqb serves the programs of node 1 over shared memory, those of node 2 over sockets. */
describeWith(needs, 'requests that make no sense, to coteried', function () {
  this.timeout(60_000);
  const folder = mkdtempSync(join(tmpdir(), 'coterie-bad-input-'));
  const client = join(folder, 'qb-limits');
  const nodes = [1, 2] as const;
  let cluster: Cluster;

  before(async () => {
    const source = fileURLToPath(new URL('../../clients/qb-limits.c', import.meta.url));
    execFileSync('gcc', ['-O1', '-Wall', '-o', client, source, '-lcpg', '-lcmap', '-lqb']);
    const hosts = await Hosts.create(nodes);
    cluster = Cluster.create(
      { transport: 'udpu', token: 1000, nodes: ['coteried', 'coteried'], library: 'libcpg' },
      hosts,
    );
    const file = join(cluster.folder, '2', 'corosync.conf');
    writeFileSync(file, readFileSync(file, 'utf8').replace(/^system \{$/m, '$&\n  qb_ipc_type: socket'));
    await cluster.start(...nodes);
    await cluster.agree(nodes, PATIENCE);
  });

  after(async () => {
    await cluster.dispose(false);
    rmSync(folder, { recursive: true, force: true });
  });

  const byLibqb =
    (node: number): Say =>
    async (service, requests) => {
      const lines = requests
        .map(({ bytes, silent }) => `${silent ? '!' : ''}${bytes.toString('hex')}\n`)
        .join('');
      const { stdout, stderr } = await runBeside(cluster, node, [client, service, 'say', '0'], lines);
      assert.equal(stderr, '');
      return stdout.trimEnd().split('\n');
    };
  const frontEnds: readonly [name: string, say: Say][] = [
    ['shared memory', byLibqb(1)],
    ['sockets', byLibqb(2)],
    ['the stream socket', (service, requests) => say(cluster.node(1).runDir, services[service], requests)],
  ];

  for (const [name, saidTo] of frontEnds) {
    describe(`by ${name}`, () => {
      for (const { title, service, say: words } of badInputs) {
        it(title, async () => {
          const outcomes = await saidTo(
            service,
            words.map(([bytes, outcome]) => ({ bytes, silent: outcome === 'sent' })),
          );
          const expected = words.map(([, outcome]) =>
            typeof outcome === 'number' ? `answer ${outcome}` : outcome,
          );
          assert.deepEqual(outcomes, expected);
        });
      }

      for (const { title, service, request, most } of hoards) {
        it(`${title} without end (P13)`, async () => {
          assert.deepEqual(await saidTo(service, hoard(request)), granted(most));
        });
      }
    });
  }

  afterEach(() => {
    assert.deepEqual(
      nodes.filter((node) => !cluster.node(node).running),
      [],
    );
  });

  it('leave the ring as it was', async () => {
    await cluster.exchange(500, 20);
    cluster.mustBeRight();
  });
});
