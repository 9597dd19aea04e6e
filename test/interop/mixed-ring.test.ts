import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeWith, file, program, root } from '../needs.js';
import { Cluster } from './cluster.js';
import { Hosts } from './hosts.js';
import { following, runBeside } from './twins.js';
import { until } from './until.js';

const PATIENCE = 30_000;
const needs = [
  root,
  ...['corosync', 'corosync-quorumtool', 'gcc', 'ip', 'nsenter', 'setpriv'].map(program),
  file('/usr/include/corosync/cpg.h'),
];

/** Nodes 1 and 3 are real, 2 and 4 are ours. */
describeWith(needs, 'C programs on corosync and on coteried in one ring', function () {
  this.timeout(120_000);
  const folder = mkdtempSync(join(tmpdir(), 'coterie-mixed-ring-'));
  const suite = join(folder, 'cpg-suite');
  const all = [1, 2, 3, 4];
  let cluster: Cluster;

  before(async () => {
    const source = fileURLToPath(new URL('../../clients/cpg-suite.c', import.meta.url));
    execFileSync('gcc', ['-O1', '-Wall', '-o', suite, source, '-lcpg']);
    const hosts = await Hosts.create(all);
    const nodes = ['corosync', 'coteried', 'corosync', 'coteried'] as const;
    cluster = Cluster.create({ transport: 'udpu', token: 1000, nodes, library: 'libcpg' }, hosts);
    await cluster.start(...all);
    await cluster.agree(all, PATIENCE);
  });

  after(async () => {
    await cluster.dispose(false);
    rmSync(folder, { recursive: true, force: true });
  });

  const tool = async (node: number, ...options: string[]): Promise<string> => {
    const { code, stdout, stderr } = await runBeside(cluster, node, ['corosync-quorumtool', ...options]);
    assert.equal(code, 0, stdout + stderr);
    return stdout;
  };
  /** All nodes show the same numbers. */
  const show = (expected: number, total: number): Promise<void> =>
    until(`${expected} expected, ${total} votes`, PATIENCE, async () => {
      for (const node of all) {
        const text = await tool(node, '-s');
        const [shownExpected, shownTotal] = ['Expected votes', 'Total votes'].map(
          (name) => new RegExp(`^${name}: +(\\d+)`, 'm').exec(text)?.[1],
        );
        if (shownExpected !== `${expected}` || shownTotal !== `${total}`) return `node ${node} shows ${text}`;
      }
      return undefined;
    });

  it('see votes and expected votes that either changes', async () => {
    await show(4, 4);
    await tool(1, '-e', '5');
    await show(5, 4);
    await tool(2, '-e', '4');
    await show(4, 4);
    await tool(1, '-v', '2', '-n', '2');
    await show(5, 5);
    await tool(2, '-v', '2', '-n', '1');
    await show(6, 6);
    await tool(4, '-v', '1', '-n', '2');
    await tool(3, '-v', '1', '-n', '1');
    // Fewer cannot be expected while a node still has the votes of before.
    await show(6, 4);
    await tool(4, '-e', '4');
    await show(4, 4);
  });

  for (const [dying, kind] of [
    [3, 'corosync'],
    [4, 'coteried'],
  ] as const) {
    it(`see a process of a ${kind} node come, and go with its node`, async () => {
      const watchers = [1, 2].map((node) => following(cluster, node, [suite, 'watch']));
      const joined = (text: string, process: RegExp) => (process.test(text) ? undefined : text);
      for (const watcher of watchers)
        await until('both watchers', PATIENCE, () =>
          joined(watcher.text, /members.* [12]\/\w+\/0 [12]\/\w+\/0 left/),
        );
      const joiner = following(cluster, dying, [suite, 'join']);
      const came = new RegExp(`joined ${dying}/other/1$`, 'm');
      for (const watcher of watchers) await until('the newcomer', PATIENCE, () => joined(watcher.text, came));
      await cluster.node(dying).kill();
      const NODE_DOWN = 3;
      const went = new RegExp(`left ${dying}/other/${NODE_DOWN} joined$`, 'm');
      for (const watcher of watchers) await until('its end', PATIENCE, () => joined(watcher.text, went));
      await Promise.all([joiner, ...watchers].map((each) => each.end()));
      await cluster.start(dying);
      await cluster.agree(all, PATIENCE);
    });
  }
});
