import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SamClient } from '@coterie/engine-sam/client';
import { describeWith, file, program, root } from '../needs.js';
import { Cluster } from './cluster.js';
import { Hosts } from './hosts.js';
import { until } from './until.js';

const PATIENCE = 20_000;
const needs = [
  root,
  ...['gcc', 'ip', 'nsenter', 'setpriv', 'corosync'].map(program),
  file('/usr/include/corosync/sam.h'),
];

/** Two nodes of one ring, and programs of libsam beside each. */
describeWith(needs, 'programs of libsam on corosync and on coteried', function () {
  this.timeout(90_000);
  const folder = mkdtempSync(join(tmpdir(), 'coterie-sam-suite-'));
  const suite = join(folder, 'sam-suite');
  let cluster: Cluster;
  const CORO = 1;
  const OURS = 2;

  before(async () => {
    const source = fileURLToPath(new URL('../../clients/sam-suite.c', import.meta.url));
    execFileSync('gcc', ['-O1', '-Wall', '-o', suite, source, '-lsam', '-lcmap']);
    const hosts = await Hosts.create([CORO, OURS]);
    const plan = {
      transport: 'udpu',
      token: 1000,
      nodes: ['corosync', 'coteried'],
      library: 'libcpg',
    } as const;
    cluster = Cluster.create(plan, hosts);
    await cluster.start(CORO, OURS);
    await cluster.agree([CORO, OURS], PATIENCE);
  });

  after(async () => {
    await cluster.dispose(false);
    rmSync(folder, { recursive: true, force: true });
  });

  /** A run of the suite beside a node's daemon. */
  const run = (node: number, scenario: string) => {
    const [command, ...args] = cluster.node(node).beside(suite, scenario);
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const running = { text: '', ended: new Promise((resolve) => child.once('close', resolve)) };
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (running.text += chunk.toString()));
    return running;
  };

  const expected: Record<string, RegExp> = {
    errors: /^1 finalize 1\n1 finalize twice 9\n/m,
    quit: /^1 start 1\n0 exit code 3\n$/m,
    restart: /^1 start 1\n2 register 1\n2 start 1\n3 register 1\n3 start 1\n3 stop 1\n0 exit code 4\n$/m,
    warn: /^1 warned 10\n2 register 1\n/m,
    beat: /^1 beaten 10\n2 register 1\n/m,
    callback: /^1 check 3\n2 register 1\n0 exit code 0\n$/m,
    data: /^1 data first\n[^]*^2 data second\n[^]*^3 size 0\n/m,
    cmap: /^1 key state = stopped\n[^]*^1 key last_updated = u64 1\n[^]*^1 key state = running\n[^]*exit code 0\n$/m,
    'cmap-quit': /^0 exit code 6\n[^]*^0 key state = failed\n$/m,
    'mark-failed': /^1 start 1\n0 exit code 0\n[^]*^0 key state = failed\n$/m,
  };
  for (const [scenario, pattern] of Object.entries(expected)) {
    it(scenario, async () => {
      const [real, ours] = [run(CORO, scenario), run(OURS, scenario)];
      await Promise.all([real.ended, ours.ended]);
      assert.match(real.text, pattern);
      assert.equal(ours.text, real.text);
    });
  }

  it('quorum policies, and the list of coteried', async () => {
    const texts: Record<number, string> = {};
    for (const node of [CORO, OURS]) {
      const other = cluster.node(node === CORO ? OURS : CORO);
      const restart = run(node, 'quorum-restart');
      const quit = run(node, 'quorum-quit');
      for (const each of [restart, quit]) {
        await until('the start', PATIENCE, () => (/^1 start 1$/m.test(each.text) ? undefined : each.text));
      }
      if (node === OURS) {
        await using client = await SamClient.connect({ runDir: cluster.node(OURS).runDir });
        await until('the program in the list', PATIENCE, async () => {
          const running = (await client.list()).filter(({ state }) => state === 'running');
          const told = running.map(({ supervisor, recovery }) => `${supervisor} ${recovery}`).join();
          return told === 'libsam quit' ? undefined : `it has ${told}`;
        });
      }
      other.pause();
      try {
        await quit.ended;
        await until('the wait', PATIENCE, () =>
          /^2 register 1$/m.test(restart.text) ? undefined : restart.text,
        );
        assert.doesNotMatch(restart.text, /^2 start/m);
      } finally {
        other.resume();
      }
      await restart.ended;
      await cluster.agree([CORO, OURS], PATIENCE);
      texts[node] = restart.text + quit.text;
    }
    assert.match(texts[CORO]!, /^2 start 1\n2 stop 1\n0 exit code 0\n[^]*^0 key state = failed\n$/m);
    assert.equal(texts[OURS], texts[CORO]);
  });
});
