import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeWith, file, program, root } from '../needs.js';
import { Twins, runBeside } from './twins.js';

const suites: Record<string, readonly string[]> = {
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

  /** What the run of a suite says on both clusters. */
  const run = async (suite: string, ...args: string[]): Promise<[string[], string[]]> =>
    twins.each(async (cluster) => {
      const { code, stdout, stderr } = await runBeside(cluster, 1, [join(folder, suite), ...args]);
      assert.equal(code, 0, `${suite} ${args.join(' ')}: ${stdout}${stderr}`);
      assert.doesNotMatch(stdout, /waited in vain/);
      return inOrder(stdout).split('\n');
    });

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
      const [theirs, ours] = await run(suite!, ...args);
      assert.match(theirs.join('\n'), reached);
      assert.deepEqual(ours, theirs);
    });
  }
});
