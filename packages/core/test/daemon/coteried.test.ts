import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createSocket } from 'node:dgram';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RawClient, hello } from '../ipc/raw-client.js';
import { until } from '../until.js';
import { DaemonProcess, Installation } from './daemon-process.js';

/** A UDP port of 127.0.0.1 that is free now. */
async function freePort(): Promise<number> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => void socket.close(resolve));
  return port;
}

describe('the program coteried', function () {
  this.timeout(60_000);
  let folder: string;
  let here: Installation;
  const started: DaemonProcess[] = [];

  const start = (...args: string[]): DaemonProcess => {
    const daemon = here.start(...args);
    started.push(daemon);
    return daemon;
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'coteried-'));
    here = new Installation(folder);
  });

  afterEach(() => {
    for (const { child, code } of started.splice(0)) if (code === undefined) child.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  });

  it('checks a configuration: all mistakes with their lines, and a code for the kind of mistake', async () => {
    here.configure('totem {\nversion: 3\ntransport: udpx\ncrypto_cipher: none\n}\n');
    const bad = start('-t');
    assert.equal(await bad.ended(), 3);
    assert.match(bad.output, /corosync\.conf:2: error: .*\[COTERIE_E_CONFIG_/);
    assert.match(bad.output, /corosync\.conf:3: error: .*\[COTERIE_E_CONFIG_TRANSPORT\]/);

    here.configureAlone(5405);
    const good = start('-t');
    assert.equal(await good.ended(), 0, good.output);
    assert.match(good.output, /no errors/);
  });

  it('says what is wrong with the command line, the file or the project', async () => {
    assert.equal(await start('--nonsense').ended(), 2);
    rmSync(here.config, { force: true });
    assert.equal(await start('-t').ended(), 3);
    here.configureAlone(5405);
    writeFileSync(join(folder, 'package.json'), '{"dependencies": {"coterie-no-such-plugin": "1"}}');
    const broken = start('-t', '--project', folder);
    assert.equal(await broken.ended(), 4);
    assert.match(broken.output, /coterie-no-such-plugin.*COTERIE_E_PLUGIN_NOT_INSTALLED/);
    const version = start('-v');
    assert.equal(await version.ended(), 0);
    assert.match(version.output, /^\d+\.\d+\.\d+/);
  });

  it('runs, serves clients, dumps its state and leaves when asked to', async () => {
    here.configureAlone(await freePort());
    const daemon = start('-f');
    await daemon.says('ready for clients');
    const pidFile = join(here.runDir, 'coteried.pid');
    assert.equal(readFileSync(pidFile, 'utf8'), `${daemon.child.pid}\n`);
    const client = new RawClient(join(here.runDir, 'coteried.sock'));
    client.send(hello(2));
    await until('the welcome', () => client.frames().length === 1);
    assert.equal(client.frames()[0]?.error, 1);

    daemon.child.kill('SIGUSR2');
    const dump = join(here.stateDir, 'state-dump.json');
    await until('the state dump', () => statSync(dump, { throwIfNoEntry: false }) !== undefined);
    assert.equal((JSON.parse(readFileSync(dump, 'utf8')) as { node: number }).node, 1);

    daemon.child.kill('SIGTERM');
    assert.equal(await daemon.ended(), 0, daemon.output);
    await until('the end of the connection', () => client.ended);
    assert.equal(statSync(pidFile, { throwIfNoEntry: false }), undefined);
    assert.equal(statSync(join(here.runDir, 'coteried.sock'), { throwIfNoEntry: false }), undefined);
  });

  it('writes down what its ring does, whole after SIGUSR2 and at its end', async () => {
    here.configureAlone(await freePort());
    const trace = join(folder, 'trace');
    const impossible = start('-f', '--trace', join(trace, 'no'));
    assert.equal(await impossible.ended(), 7);
    assert.match(impossible.output, /COTERIE_E_TRACE_FILE/);
    const daemon = start('-f', '--trace', trace);
    await daemon.says('ready for clients');
    daemon.child.kill('SIGUSR2');
    await until('the end of synchronisation', () => / synchronised\n/.test(readFileSync(trace, 'utf8')));
    assert.match(readFileSync(trace, 'utf8'), /^ *\d+\.\d{3} 1\.\d+ +start +20\d\d-/);
    daemon.child.kill('SIGTERM');
    assert.equal(await daemon.ended(), 0, daemon.output);
    assert.match(readFileSync(trace, 'utf8'), / fail +asked: SIGTERM\n$/);
  });

  it('reads its configuration again, or keeps the old one if the new one has errors', async () => {
    const port = await freePort();
    here.configureAlone(port);
    const daemon = start('-f');
    await daemon.says('ready for clients');
    const log = join(folder, 'log');
    here.configureAlone(port, `debug: on\nto_logfile: yes\nlogfile: ${log}\n`);
    daemon.child.kill('SIGHUP');
    await daemon.says('read again');
    await until('the line in the log file', () => readFileSync(log, 'utf8').includes('read again'));
    here.configure('totem {\n');
    daemon.child.kill('SIGHUP');
    await daemon.says('everything stays as it was');
    assert.match(daemon.output, /error {3}\[MAIN {2}\] .*corosync\.conf:1: error: .*brace/);
    here.configureAlone(port, `to_logfile: yes\nlogfile: ${folder}\n`);
    daemon.child.kill('SIGHUP');
    await daemon.says('not reloaded: cannot open the log file');
    daemon.child.kill('SIGTERM');
    assert.equal(await daemon.ended(), 0);
  });

  it('goes to the background once it is ready, and only one runs in a run folder', async () => {
    here.configureAlone(await freePort(), `to_logfile: yes\nlogfile: ${join(folder, 'log')}\n`);
    const parent = start();
    assert.equal(await parent.ended(), 0, parent.output);
    const pid = Number(readFileSync(join(here.runDir, 'coteried.pid'), 'utf8'));
    try {
      assert.match(readFileSync(join(folder, 'log'), 'utf8'), /\[MAIN {2}\] synchronised: ready for clients/);
      const second = start('-f');
      assert.equal(await second.ended(), 6, second.output);
      assert.match(second.output, /COTERIE_E_IPC_IN_USE/);
      const third = start();
      assert.equal(await third.ended(), 6, third.output);
      assert.match(third.output, /COTERIE_E_IPC_IN_USE/);
    } finally {
      process.kill(pid, 'SIGTERM');
    }
    const gone = () => {
      try {
        return !process.kill(pid, 0);
      } catch {
        return true;
      }
    };
    await until('the end of the daemon', gone, 20_000);
    assert.match(readFileSync(join(folder, 'log'), 'utf8'), /ended: SIGTERM/);
  });

  it('tells systemd that it is ready, and that it stops', async () => {
    here.configureAlone(await freePort());
    const told = join(folder, 'told');
    writeFileSync(join(folder, 'systemd-notify'), `#!/bin/sh\necho "$NOTIFY_SOCKET $*" >>${told}\n`, {
      mode: 0o755,
    });
    const environment = { NOTIFY_SOCKET: '/run/notify', PATH: `${folder}:${process.env['PATH']}` };
    const daemon = here.startWith(environment, '-f');
    started.push(daemon);
    const lines = () => (existsSync(told) ? readFileSync(told, 'utf8').split('\n').slice(0, -1) : []);
    await daemon.says('ready for clients');
    await until('READY', () => lines().length === 1, 20_000);
    daemon.child.kill('SIGTERM');
    assert.equal(await daemon.ended(), 0);
    await until('STOPPING', () => lines().length === 2, 20_000);
    assert.deepEqual(lines(), ['/run/notify READY=1', '/run/notify STOPPING=1']);
  });

  it('does not start without a state folder, or with one that lies', async () => {
    here.configureAlone(await freePort());
    writeFileSync(here.stateDir, '');
    assert.equal(await start('-f').ended(), 5);
    rmSync(here.stateDir);
    const daemon = start('-f', '--state-dir', folder);
    await daemon.says('ready for clients');
    daemon.child.kill('SIGKILL');
    await daemon.ended();
    writeFileSync(join(folder, 'ringid_1'), Buffer.alloc(8, 0xff));
    const liar = start('-f', '--state-dir', folder);
    assert.equal(await liar.ended(), 5);
    assert.match(liar.output, /ringid_1 .*COTERIE_E_RING_ID/);
  });
});
