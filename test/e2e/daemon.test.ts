import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { messages } from '../interop/scenarios.js';
import { coteried, project } from '../interop/nodes.js';
import { delay, until } from '../interop/until.js';
import { describeWith, program, root } from '../needs.js';
import { withRing } from './with-ring.js';

const PATIENCE = 30_000;

/** Runs coteried to its end. */
function run(...args: string[]): Promise<{ code: number; output: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [coteried, '--project', project, ...args], (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), output: stdout + stderr });
    });
  });
}

/** Seconds of a processor that a process has used. */
function used(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  const ticks = Number(fields[11]) + Number(fields[12]);
  return ticks / 100;
}

describeWith([program('setpriv')], 'a daemon of three that idle', () => {
  it('takes under 3 % of a processor and under 130 MB', async () => {
    await withRing({ nodes: 3 }, async (cluster) => {
      const pids = cluster.nodes.map(({ pid }) => pid);
      await delay(3000);
      const before = pids.map(used);
      const began = performance.now();
      await delay(20_000);
      const seconds = (performance.now() - began) / 1000;
      pids.forEach((pid, i) => {
        const share = (100 * (used(pid) - before[i]!)) / seconds;
        const [, kilobytes] = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))!;
        assert.ok(share < 3, `node ${i + 1} takes ${share.toFixed(1)} %`);
        assert.ok(Number(kilobytes) * 1024 < 130e6, `node ${i + 1} has ${kilobytes} kB`);
      });
    });
  }).timeout(120_000);
});

describeWith([program('setpriv')], 'a second daemon', () => {
  it('is refused in the run folder or on the port of the first, which goes on', async () => {
    await withRing({ nodes: 2 }, async (cluster) => {
      const own = join(cluster.folder, '1');
      const config = ['-f', '-c', join(own, 'corosync.conf'), '--node', '1'];
      const other = ['--state-dir', join(cluster.folder, 'other-state')];
      const sameRunDir = await run(...config, ...other, '--run-dir', cluster.node(1).runDir);
      assert.equal(sameRunDir.code, 6, sameRunDir.output);
      assert.match(sameRunDir.output, /another daemon answers on .*coteried\.sock \[COTERIE_E_IPC_IN_USE\]/);
      const samePort = await run(...config, ...other, '--run-dir', join(cluster.folder, 'other-run'));
      assert.equal(samePort.code, 7, samePort.output);
      assert.match(
        samePort.output,
        /UDP port 127\.0\.0\.1:\d+ is taken by another program \[COTERIE_E_UDP_PORT\]/,
      );
      await messages([[300, 10]]).run(cluster);
    });
  }).timeout(90_000);
});

describeWith([root, program('setpriv'), program('unshare')], 'a daemon whose disk is full', () => {
  it('ends with exit code 5 and says why, rather than join a ring under a number it cannot keep', async () => {
    const prefix = (node: number, folder: string) => {
      const mount = `mount -t tmpfs -o size=16k none ${folder}/${node}/state && exec "$@"`;
      return ['unshare', '--mount', 'sh', '-c', mount, 'sh'];
    };
    await withRing({ nodes: 2, token: 1000, prefix }, async (cluster) => {
      const [first, second] = [cluster.node(1), cluster.node(2)];
      const disk = join('/proc', `${first.pid}`, 'root', cluster.folder, '1', 'state');
      assert.deepEqual(readdirSync(disk), ['ringid_1']);
      assert.throws(() => writeFileSync(join(disk, 'everything'), Buffer.alloc(64 * 1024)), {
        code: 'ENOSPC',
      });
      await second.kill();
      await until('the end of node 1', PATIENCE, () => (first.running ? 'it runs' : undefined));
      assert.match(first.crash!, /exit code 5/);
      assert.match(first.log(), /cannot write .*ringid_1: ENOSPC/);
      first.crash = undefined;
    });
  }).timeout(60_000);
});

describe('coteried -t', () => {
  it('finds all mistakes of a configuration at once, with their lines', async () => {
    const folder = process.env['TMPDIR'] ?? '/tmp';
    const file = join(folder, `coteried-mistakes-${process.pid}.conf`);
    const lines = [
      'totem {',
      '  version: 2',
      '  cluster_name: mistaken',
      '  transport: udpu',
      '  tokn: 3000',
      '  token: soon',
      '}',
      'nodelist {',
      '  node {',
      '    ring0_addr: 127.0.0.1',
      '    nodeid: 1',
      '  }',
      '  node {',
      '    ring0_addr: 127.0.0.1',
      '    nodeid: 1',
      '  }',
      '}',
    ];
    writeFileSync(file, `${lines.join('\n')}\n`);
    const { code, output } = await run('-t', '-c', file);
    assert.equal(code, 3);
    for (const wanted of [/conf:5: error: .*tokn.*token/, /conf:6: error: .*token/])
      assert.match(output, wanted);
  }).timeout(60_000);

  it('knows the settings that corosync-qdevice reads, and their mistakes', async () => {
    const file = join(tmpdir(), `coteried-device-${process.pid}.conf`);
    const lines = [
      'totem {',
      '  version: 2',
      '  cluster_name: device',
      '  transport: udpu',
      '  crypto_cipher: none',
      '}',
      'nodelist {',
      '  node {',
      '    ring0_addr: 127.0.0.1',
      '    nodeid: 1',
      '  }',
      '}',
      'quorum {',
      '  provider: corosync_votequorum',
      '  device {',
      '    model: net',
      '    votes: 1',
      '    net {',
      '      host: qnetd.example',
      '      port: 5403',
      '      algorithm: ffsplit',
      '      tie_breaker: 1',
      '      tls: off',
      '    }',
      '    heuristics {',
      '      mode: sync',
      '      exec_ping: /bin/ping -q -c 1 127.0.0.1',
      '    }',
      '  }',
      '}',
    ];
    const text = `${lines.join('\n')}\n`;
    try {
      writeFileSync(file, text);
      assert.deepEqual(await run('-t', '-c', file), { code: 0, output: `${file}: no errors\n` });
      writeFileSync(file, text.replace('algorithm', 'algorthm').replace('mode: sync', 'mode: always'));
      const { code, output } = await run('-t', '-c', file);
      assert.equal(code, 3);
      for (const wanted of [/conf:21: error: .*algorthm.*algorithm/, /conf:26: error: .*mode/])
        assert.match(output, wanted);
    } finally {
      rmSync(file, { force: true });
    }
  }).timeout(60_000);
});
