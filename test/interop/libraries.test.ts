import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeWith, file, program, root } from '../needs.js';
import { documentedErrors } from './documented-errors.js';
import type { Cluster } from './cluster.js';
import { Twins, following, runBeside } from './twins.js';
import { until } from './until.js';

const PATIENCE = 20_000;
/** A line for each library, if all say the same. */
const all = (error: number): string =>
  ['corosync_cfg', 'cmap', 'cpg', 'quorum', 'votequorum']
    .map((library) => `${library}_initialize ${error}\n`)
    .join('');

const suites: Record<string, readonly string[]> = {
  'connection-suite': ['-lcfg', '-lcmap', '-lcpg', '-lquorum', '-lvotequorum'],
  'cfg-suite': ['-lcfg'],
  'cmap-suite': ['-lcmap'],
  'cpg-suite': ['-lcpg'],
  'quorum-suite': ['-lquorum', '-lvotequorum'],
};
const headers = ['cfg', 'cmap', 'cpg', 'quorum', 'votequorum'].map((name) =>
  file(`/usr/include/corosync/${name}.h`),
);
const needs = [root, ...['corosync', 'gcc', 'ip', 'nsenter', 'setpriv'].map(program), ...headers];

const sorted = (rows: string): string => rows.trimEnd().split('\n').sort().join('\n') + '\n';

/**
 * Lists in an order of their own: that of the groups of an iteration is nowhere laid down, and votequorum of corosync
 * has the nodes in the order in which it has heard of them, which is chance.
 */
const inOrder = (text: string): string =>
  text
    .replace(/^(found .*\n)+/gm, sorted)
    .replace(/^(votes context \d+ quorate \d)((?: \d+:\d+)+)$/gm, (_, head: string, nodes: string) =>
      [head, ...nodes.trim().split(' ').sort()].join(' '),
    );

describeWith(needs, 'programs of libcfg, libcmap, libcpg, libquorum and libvotequorum', function () {
  this.timeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), 'coterie-suites-'));
  let twins: Twins;

  before(async () => {
    for (const [name, libraries] of Object.entries(suites)) {
      const source = fileURLToPath(new URL(`../../clients/${name}.c`, import.meta.url));
      execFileSync('gcc', ['-O1', '-Wall', '-Wextra', '-o', join(folder, name), source, ...libraries]);
    }
    twins = await Twins.start();
  });

  after(async () => {
    await twins.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  /** What a suite prints beside the daemon of node 1. */
  const said = async (cluster: Cluster, suite: string, ...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await runBeside(cluster, 1, [join(folder, suite), ...args]);
    assert.equal(code, 0, `${suite} ${args.join(' ')}: ${stdout}${stderr}`);
    assert.doesNotMatch(stdout, /waited in vain/);
    return inOrder(stdout);
  };

  /** A line of each run that shows that it got where it should. */
  const runs: [command: string, reached: RegExp][] = [
    ['cmap-suite', /^additions: own suite\.t\.key2 event 4 new\(11 8 another\)/m],
    ['quorum-suite quorum', /^v1 nodes ring 1\.1 members 1 2 3 joined/m],
    ['quorum-suite votequorum', /^node 2 state 1 votes 2 expected 4 highest 4 total 4 quorum 3/m],
    ['cpg-suite calls', /^deliver suite from 1\/self length 3000000 /m],
    ['cpg-suite zero-copy', /^deliver suite-zero from 1\/self length 1047552 /m],
    ['cfg-suite', /^try_shutdown of another 10$/m],
  ];
  for (const [command, reached] of runs) {
    it(command, async () => {
      const [suite, ...args] = command.split(' ');
      const [theirs, ours] = await twins.each((cluster) => said(cluster, suite!, ...args));
      assert.match(theirs, reached);
      assert.deepEqual(ours.split('\n'), theirs.split('\n'));
    });
  }

  it('bring about every error that the manual names for a function', async () => {
    const seen = new Set<string>();
    for (const [suite, ...args] of [['cmap-suite'], ['cpg-suite', 'calls']] as const) {
      for (const [, call, error] of (await said(twins.coteried, suite, ...args)).matchAll(
        /^(\w+)\(.* (\d+)$/gm,
      ))
        seen.add(`${call} ${error}`);
    }
    const unseen = Object.entries(documentedErrors)
      .flatMap(([call, errors]) => errors.map((error) => `${call} ${error}`))
      .filter((outcome) => !seen.has(outcome));
    assert.deepEqual(unseen, []);
  });

  it('are let in, or told why not', async () => {
    const suite = join(folder, 'connection-suite');
    const nobody = ['setpriv', '--reuid', 'nobody', '--regid', 'nogroup', '--clear-groups'];
    for (const [user, error] of [
      [[], 1],
      [nobody, 11],
    ] as const) {
      const [theirs, ours] = await twins.each((cluster) =>
        runBeside(cluster, 1, [...user, suite, 'connect']),
      );
      assert.equal(theirs.stdout, all(error));
      assert.equal(ours.stdout, theirs.stdout);
    }
  });

  it('are told by every call that the daemon is gone', async () => {
    const [theirs, ours] = await twins.each(async (cluster) => {
      const orphan = following(cluster, 3, [join(folder, 'connection-suite'), 'outlive']);
      await until('its connections', PATIENCE, () =>
        orphan.text.endsWith('\nconnected\n') ? undefined : orphan.text,
      );
      await cluster.node(3).kill();
      await orphan.end('go on\n');
      return orphan.text;
    });
    assert.match(theirs, /^cpg_join\(.* 2$/m);
    assert.deepEqual(ours.split('\n'), theirs.split('\n'));
  });
});
