import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeWith, program, root } from '../needs.js';
import { Cluster } from './cluster.js';
import { Hosts } from './hosts.js';
import { until } from './until.js';

const PATIENCE = 20_000;
const tools = ['corosync-cfgtool', 'corosync-cmapctl', 'corosync-cpgtool', 'corosync-quorumtool'];
const needs = [root, ...['gcc', 'make', 'ip', 'nsenter', 'setpriv', 'stdbuf', ...tools].map(program)];

describeWith(needs, 'coteried and programs of corosync', function () {
  this.timeout(90_000);
  const folder = mkdtempSync(join(tmpdir(), 'coterie-qb-client-'));
  const qbClient = join(folder, 'qb-client');
  let hosts: Hosts;
  let cluster: Cluster;

  before(async () => {
    const source = fileURLToPath(new URL('../../clients/qb-client.c', import.meta.url));
    execFileSync('gcc', ['-O1', '-Wall', '-o', qbClient, source, '-lqb']);
    hosts = await Hosts.create([1, 2, 3]);
    cluster = Cluster.create(
      { transport: 'udpu', token: 1000, nodes: ['coteried', 'coteried', 'coteried'], library: 'libcpg' },
      hosts,
    );
    await cluster.start(1, 2, 3);
    await cluster.agree([1, 2, 3], PATIENCE);
  });

  after(async () => {
    await cluster.dispose(false);
    rmSync(folder, { recursive: true, force: true });
  });

  /** Runs a program beside node 1's daemon. */
  const run = (...command: string[]) => cluster.node(1).run(...command);
  const qb = async (...args: string[]) => (await run(qbClient, ...args)).output.trim();
  const files = () => readdirSync(join(cluster.folder, '1', 'shm'));
  const descriptors = () => readdirSync(`/proc/${cluster.node(1).pid}/fd`).length;

  it('shows the quorum to corosync-quorumtool', async () => {
    const { code, output } = await run('corosync-quorumtool', '-s');
    assert.equal(code, 0, output);
    assert.match(output, /^Quorate: +Yes$/m);
    assert.match(output, /^Nodes: +3$/m);
    assert.match(output, /^Total votes: +3$/m);
  });

  it('shows the groups to corosync-cpgtool', async () => {
    const { output } = await run('corosync-cpgtool');
    for (const { client } of cluster.nodes) {
      const [node, pid] = client.self.split(':');
      assert.match(output, new RegExp(`^\\s+${pid}\\s+${node} \\(10\\.98\\.0\\.${node}\\)$`, 'm'));
    }
  });

  it('shows the nodes to corosync-cfgtool', async () => {
    const { code, output } = await run('corosync-cfgtool', '-s');
    assert.equal(code, 0, output);
    for (const node of [2, 3]) assert.match(output, new RegExp(`nodeid: +${node}:\\s+connected`));
  });

  it('lets corosync-cmapctl read, write, delete and track keys', async () => {
    const map = (...args: string[]) => run('corosync-cmapctl', ...args);
    assert.match((await map('-g', 'totem.cluster_name')).output, /= interop/);
    const [file, ...args] = cluster.node(1).beside('stdbuf', '-oL', 'corosync-cmapctl', '-t', 'test.key');
    const tracker = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    let seen = '';
    tracker.stdout.on('data', (text: Buffer) => (seen += text.toString()));
    const ended = new Promise((resolve) => tracker.once('close', resolve));
    try {
      // When it tracks it does not say; a key that changes all the time shows it.
      let value = 0;
      await until('a change to be seen', PATIENCE, async () => {
        assert.equal((await map('-s', 'test.key', 'u32', `${++value}`)).code, 0);
        return /test\.key \(u32\) = \d/.test(seen) ? undefined : seen;
      });
      assert.match((await map('-g', 'test.key')).output, new RegExp(`\\(u32\\) = ${value}$`, 'm'));
      await map('-d', 'test.key');
      await until('the end of the key', PATIENCE, () => (/delete> test\.key/.test(seen) ? undefined : seen));
    } finally {
      tracker.stdin.end('q\n');
      await ended;
    }
    assert.match((await map('-g', 'test.key')).output, /CS_ERR_NOT_EXIST/);
  });

  it('gives programs of libconfdb their objects, and shares those below cluster', async () => {
    const library = fileURLToPath(new URL('../../../packages/engine-confdb/c', import.meta.url));
    const prefix = join(folder, 'prefix');
    execFileSync('make', ['-C', library, `BUILD=${join(folder, 'build')}`, `PREFIX=${prefix}`, 'install']);
    const source = fileURLToPath(new URL('../../clients/confdb.c', import.meta.url));
    const client = join(folder, 'confdb');
    const lib = join(prefix, 'lib');
    const flags = ['-Wall', '-Wextra', '-Werror', '-I', join(prefix, 'include'), '-L', lib];
    execFileSync('gcc', [...flags, '-o', client, source, `-Wl,-rpath,${lib}`, '-lconfdb']);
    assert.deepEqual(await run(client), { code: 0, output: 'ok\n' });
    const [file, ...args] = cluster.node(2).beside('corosync-cmapctl', '-g', 'cluster.colour');
    assert.match(execFileSync(file, args).toString(), /cluster\.colour \(str\) = green/);
  });

  it('lets in whom the uidgid rules let in', async () => {
    const nobody = ['setpriv', '--reuid', 'nobody', '--regid', 'nogroup', '--clear-groups'];
    const { output } = await run(...nobody, 'corosync-cmapctl', '-g', 'totem.cluster_name');
    assert.match(output, /CS_ERR_ACCESS/);
  });

  it('disconnects a client that lies about the size of a request', async () => {
    for (const size of ['-1', '0', '15', '2147483647']) {
      for (const name of ['cpg', 'cmap'])
        assert.equal(await qb(name, 'size', size), 'gone', `${name} ${size}`);
    }
    // What the ring holds behind the request is the client's own: an unknown request, of whatever size.
    assert.equal(await qb('cpg', 'size', '1000000'), 'answer 7');
  });

  it('refuses a client that wants larger buffers than messages can be', async () => {
    assert.equal(await qb('cpg', 'room', '67108864'), '90');
  });

  it('outlives a client that does not read its answers', async () => {
    assert.match(await qb('cmap', 'flood', '20000'), /^answer 7$/);
  });

  it('keeps nothing of connections that are over', async () => {
    await until('the end of earlier connections', PATIENCE, () =>
      files().length === 2 ? undefined : files().join(),
    );
    const before = descriptors();
    assert.equal(await qb('cpg', 'cycle', '300'), '300');
    await until('the end of all', PATIENCE, () => (files().length === 2 ? undefined : files().join()));
    await until('the descriptors of before', PATIENCE, () =>
      descriptors() <= before ? undefined : `${descriptors()} instead of ${before}`,
    );
  });

  it('lets the multicasts of libcpg fail with TRY_AGAIN while the ring has no room', async () => {
    const shm = join(cluster.folder, '1', 'shm');
    const folder = files().find((name) => existsSync(join(shm, name, 'qb-request-cpg-header')))!;
    const flowControl = () => readFileSync(join(shm, folder, 'qb-request-cpg-header')).readInt32LE(8240);
    const { client } = cluster.node(1);
    const none = () =>
      until('no flow control', PATIENCE, () => (flowControl() ? 'there is some' : undefined));
    await none();
    for (const id of [2, 3]) cluster.node(id).pause();
    try {
      client.send(64, 0);
      await until('flow control', PATIENCE, () => (flowControl() === 2 ? undefined : `${flowControl()}`));
    } finally {
      for (const id of [2, 3]) cluster.node(id).resume();
    }
    client.stopSending();
    await cluster.agree([1, 2, 3], PATIENCE);
    await cluster.quiet();
    cluster.mustBeRight();
    await none();
  });

  it('delivers everything, in order, to a client that reads late', async () => {
    const { client } = cluster.node(1);
    const pid = Number(client.self.split(':')[1]);
    process.kill(pid, 'SIGSTOP');
    try {
      for (const id of [2, 3]) cluster.node(id).client.send(200_000, 0, 40);
      await until('the others to be done', PATIENCE, () =>
        [2, 3].some((id) => cluster.node(id).client.sending) ? 'they still send' : undefined,
      );
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await cluster.quiet();
    cluster.mustBeRight();
  });

  it('says that another daemon has the names, and runs without', async () => {
    const own = join(folder, 'corosync.conf');
    const second = readFileSync(join(cluster.folder, '1', 'corosync.conf'), 'utf8')
      .replace(
        /nodelist \{[^]*?\n\}/,
        'nodelist {\n  node {\n    ring0_addr: 127.0.0.1\n    nodeid: 1\n  }\n}',
      )
      .replace(/state_dir: .*/, `state_dir: ${join(folder, 'state')}`);
    writeFileSync(own, second);
    const daemon = fileURLToPath(new URL('../../../packages/core/bin/coteried.js', import.meta.url));
    const options = ['-f', '-c', own, '--run-dir', join(folder, 'run')];
    const [file, ...args] = cluster.node(1).beside(process.execPath, daemon, ...options);
    const child = spawn(file, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      cwd: fileURLToPath(new URL('../../..', import.meta.url)),
    });
    const ended = new Promise((resolve) => child.once('close', resolve));
    let log = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text: Buffer) => (log += text.toString()));
    await until('the second daemon', PATIENCE, () => (log.includes('ready for clients') ? undefined : log));
    child.kill('SIGTERM');
    await ended;
    assert.match(log, /COTERIE_W_QB_NAME_TAKEN/);
    assert.match((await run('corosync-cmapctl', '-g', 'totem.cluster_name')).output, /= interop/);
  });

  it('leaves nothing in /dev/shm when it stops', async () => {
    assert.notDeepEqual(files(), []);
    await cluster.node(1).stop();
    assert.deepEqual(files(), []);
  });
});
