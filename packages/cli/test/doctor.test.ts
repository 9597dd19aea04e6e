import assert from 'node:assert/strict';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  checkAddons,
  checkBuffers,
  checkClock,
  checkFirewall,
  checkMtu,
  checkMulticast,
  type NetworkSettings,
} from '../dist/doctor/checks.js';
import { thisMachine, type Machine } from '../dist/doctor/machine.js';
import type { PluginStatus } from '../dist/status/snapshot.js';
import { Coterie } from './coterie.js';
import { Project } from './project.js';

/** A machine that has these files, and of which all else is well. */
function machine(files: Readonly<Record<string, string>>, more: Partial<Machine> = {}): Machine {
  return {
    platform: 'linux-x64',
    read: (path) => files[path],
    exists: (path) => Object.keys(files).some((file) => file === path || file.startsWith(`${path}/`)),
    ask: () => undefined,
    interfaceOf: () => 'eth0',
    hearsItself: () => Promise.resolve(true),
    ...more,
  };
}

function network(transport: string, netmtu = 1500): NetworkSettings {
  const settings = { netmtu, interface: { broadcast: false, mcastport: 5405 } };
  return {
    transport,
    local: { address: '192.0.2.1', port: 0 },
    transportSettings: settings,
  } as unknown as NetworkSettings;
}

describe('What the doctor finds', () => {
  it('native parts that were not built for this platform', () => {
    const plugins = ['here', 'arm', 'built', 'none'].map(
      (name) => ({ packageName: name, directory: `/${name}` }) as PluginStatus,
    );
    const files = {
      '/here/prebuilds/linux-x64/a.node': '',
      '/arm/prebuilds/linux-arm64/a.node': '',
      '/built/prebuilds/linux-arm64/a.node': '',
      '/built/build/Release/a.node': '',
    };
    const [found, ...others] = checkAddons(plugins, machine(files));
    assert.match(found!.what, /^arm has no native part for linux-x64/);
    assert.deepEqual(others, []);
  });

  it('packets that are longer than the interface carries', () => {
    const eth0 = machine({ '/sys/class/net/eth0/mtu': '1400' });
    assert.match(checkMtu(network('udpu'), eth0)[0]!.hint, /netmtu: 1400.*ip link set eth0 mtu 1500/);
    assert.deepEqual(checkMtu(network('udpu', 1400), eth0), []);
    assert.deepEqual(checkMtu(network('udpu'), machine({})), []);
  });

  it('an interface without multicast, where the transport needs it', async () => {
    const deaf = machine({}, { hearsItself: () => Promise.resolve(false) });
    assert.equal((await checkMulticast(network('udp'), deaf))[0]?.severity, 'error');
    assert.deepEqual(await checkMulticast(network('udpu'), deaf), []);
    assert.deepEqual(await checkMulticast(network('udp'), machine({})), []);
  });

  it('small socket buffers, with what to type', () => {
    const files = { '/proc/sys/net/core/rmem_max': '212992', '/proc/sys/net/core/wmem_max': '4194304' };
    const [found, ...others] = checkBuffers(machine(files));
    assert.match(found!.hint, /^sysctl -w net\.core\.rmem_max=2097152/);
    assert.deepEqual(others, []);
  });

  it('a clock that nobody sets, and a firewall that drops', () => {
    assert.equal(checkClock(machine({}, { ask: () => 'no' })).length, 1);
    assert.deepEqual(checkClock(machine({}, { ask: () => 'yes' })), []);
    assert.deepEqual(checkClock(machine({})), []);
    const drops = machine(
      {},
      { ask: (program) => (program === 'nft' ? 'chain input { policy drop; }' : '') },
    );
    assert.match(checkFirewall(network('udpu'), drops)[0]!.hint, /UDP port 5405/);
    assert.deepEqual(checkFirewall(network('udpu'), machine({}, { ask: () => '-P INPUT ACCEPT' })), []);
  });

  it('whether this machine hears its own multicast', async () => {
    assert.equal(await thisMachine.hearsItself('203.0.113.1'), false);
    assert.equal(thisMachine.interfaceOf('127.0.0.1'), 'lo');
  });
});

describe('coterie doctor', function () {
  this.timeout(60_000);
  let project: Project;
  before(() => (project = new Project()));
  after(() => project.remove());

  const nodes = (ids: readonly number[]): string =>
    ids.map((id) => `node {\nnodeid: ${id}\nring0_addr: 127.0.0.1\nring0_port: 54${id}0\n}\n`).join('');

  async function doctor(conf: string, ...more: string[]) {
    writeFileSync(
      join(project.folder, 'corosync.conf'),
      `totem {\nversion: 2\ncluster_name: x\ntransport: udpu\ncrypto_cipher: none\n}\nnodelist {\n${conf}}\n`,
    );
    const run = new Coterie(['doctor', '--name', '1', '--run-dir', project.folder, ...more], project.folder);
    return { exit: await run.code(), out: run.out, err: run.err };
  }

  it('says what it looked at, and that no daemon runs', async () => {
    const { exit, out, err } = await doctor(nodes([1, 2]));
    assert.equal(exit, 0, out + err);
    for (const area of ['plugins', '.*corosync.conf', 'MTU', 'multicast'])
      assert.match(out, new RegExp(`^ok +${area}$`, 'm'));
    assert.match(out, /^warning +daemon: no daemon listens at .*\[COTERIE_E_CLIENT_ABSENT\]$/m);
  });

  it('names duplicate nodes and plugins that are refused, and ends with 1', async () => {
    const node = nodes([1]);
    const twice = await doctor(node + node);
    assert.equal(twice.exit, 1);
    assert.match(twice.out, /^error +.*corosync\.conf: .*COTERIE_E_CONFIG_DUPLICATE_NODE/m);
    const broken = join(project.folder, 'broken');
    mkdirSync(broken, { recursive: true });
    writeFileSync(join(broken, 'package.json'), '{"dependencies":{"gone":"*"}}');
    const refused = await doctor(nodes([1]), '--project', broken, '--json');
    assert.equal(refused.exit, 1);
    const { examined } = JSON.parse(refused.out) as {
      examined: { area: string; findings: { hint: string }[] }[];
    };
    assert.equal(
      examined.find(({ area }) => area === 'plugins')?.findings[0]?.hint,
      'Run npm install in the project.',
    );
    rmSync(broken, { recursive: true });
  });
});
