import assert from 'node:assert/strict';
import { value } from '@coterie/sdk';
import { withNetmtu } from '../../dist/config/netmtu.js';
import { planReload } from '../../dist/config/reload.js';
import { MemoryDatabase } from '../../dist/database/database.js';
import type { Configuration } from '../../dist/config/configuration.js';
import { load, loaded, nodelist, threeNodes, totem, totemWith } from './files.js';

const quorum = { type: 'object', properties: { provider: { type: 'string' }, votes: { type: 'integer' } } };
const more = { pluginSchemas: new Map([['quorum', quorum]]) };

function running(configuration: Configuration): MemoryDatabase {
  const database = new MemoryDatabase((error) => assert.fail(String(error)));
  for (const [key, held] of configuration.keys) database.set(key, held);
  return database;
}

function reload(before: string, after: string, change: (database: MemoryDatabase) => void = () => undefined) {
  const old = loaded(before, more);
  const database = running(old);
  change(database);
  return { old, ...planReload(old, loaded(after, more), database) };
}

describe('planReload', () => {
  it('finds nothing to do when nothing has changed', () => {
    const { set, deleted, problems } = reload(totem + threeNodes, totem + threeNodes);
    assert.deepEqual([set.size, deleted, problems], [0, [], []]);
  });

  it('sets what changed and deletes what went', () => {
    const { set, deleted, problems, configuration } = reload(
      totemWith('join: 60') + threeNodes,
      totemWith('token: 1000') +
        threeNodes.replace('ring0_addr: 10.0.0.3\nnodeid: 3\nname: three', 'ring0_addr: 10.0.0.4\nnodeid: 4'),
    );
    assert.deepEqual(problems, []);
    assert.deepEqual(set.get('totem.token'), value.u32(1000));
    assert.deepEqual(set.get('runtime.config.totem.token'), value.u32(1650));
    assert.deepEqual(set.get('nodelist.node.2.nodeid'), value.u32(4));
    assert.deepEqual(deleted, ['nodelist.node.2.name', 'totem.join']);
    assert.equal(configuration.totem.token, 1650);
    assert.deepEqual(
      configuration.nodes.map(({ nodeId }) => nodeId),
      [1, 2, 4],
    );
  });

  it('takes back what clients have set below the sections of the file, and nothing else', () => {
    const { deleted, set } = reload(totem + threeNodes, totem + threeNodes, (database) => {
      database.set('totem.token', value.u32(5000));
      database.set('my.key', value.u32(1));
      database.set('totem.cluster_name', value.string('other'));
    });
    assert.deepEqual(deleted, ['totem.token']);
    assert.deepEqual([...set], [['totem.cluster_name', value.string('wire')]]);
  });

  it('leaves the map that all members share alone, whatever the files say', () => {
    const file = (more: string) => load(totem + threeNodes + more).configuration!;
    const shared = 'cluster {\ncolour: green\n}\n';
    for (const [before, after] of [
      [shared, shared],
      ['', shared],
      [shared, ''],
    ] as const) {
      const database = running(file(before));
      assert.equal(database.get('cluster.colour'), undefined);
      database.set('cluster.colour', value.string('red'));
      const { deleted, set } = planReload(file(before), file(after), database);
      assert.deepEqual([deleted, set.size], [[], 0]);
    }
  });

  it('keeps what has been found out for netmtu: auto, and says that auto itself needs a restart', () => {
    const auto = loaded(totemWith('netmtu: auto') + threeNodes, more);
    const found = withNetmtu(auto, 4096);
    assert.deepEqual([found.totem.netmtu, found.transportSettings.netmtu], [4096, 4096]);
    const again = planReload(found, auto, running(found));
    assert.deepEqual([again.set.size, again.deleted, again.problems], [0, [], []]);
    assert.deepEqual(again.configuration.keys.get('totem.netmtu'), value.u32(4096));
    const { configuration, problems } = reload(totem + threeNodes, totemWith('netmtu: auto') + threeNodes);
    assert.equal(problems.length, 1);
    assert.equal(configuration.totem.netmtu, 1500);
    assert.equal(configuration.section('totem').netmtu, undefined);
  });

  it('leaves what needs a restart as it was, and says so', () => {
    const { old, set, problems, configuration } = reload(
      totemWith('netmtu: 1400') + threeNodes + 'quorum {\nprovider: a\nvotes: 1\n}\n',
      totem.replace('wire', 'other').replace('udpu', 'udp') +
        threeNodes +
        'quorum {\nprovider: b\nvotes: 2\n}\nsystem {\nstate_dir: /x\n}\n',
    );
    assert.deepEqual(
      problems.map(({ code, message }) => [code, message.split(' ')[0]]),
      [
        'quorum.provider',
        'system.state_dir',
        'totem.cluster_name',
        'totem.interface.0.mcastaddr',
        'totem.interface.0.mcastport',
        'totem.netmtu',
        'totem.transport',
      ].map((key) => ['COTERIE_W_CONFIG_RESTART', key]),
    );
    assert.deepEqual([...set], [['quorum.votes', value.string('2')]]);
    assert.deepEqual(configuration.section('quorum'), { provider: 'a', votes: 2 });
    assert.equal(configuration.transport, 'udpu');
    assert.equal(configuration.totem.netmtu, 1400);
    assert.equal(configuration.transportSettings, old.transportSettings);
    assert.equal(configuration.system.stateDir, undefined);
  });

  it('refuses to move a node or to become another one', () => {
    const moved = reload(totem + threeNodes, totem + threeNodes.replace('10.0.0.3', '10.0.0.4'));
    assert.deepEqual(
      moved.problems.map(({ code, severity }) => [code, severity]),
      [['COTERIE_E_CONFIG_RELOAD_ADDRESS', 'error']],
    );
    const other = reload(
      totem + nodelist(['ring0_addr: 10.0.0.1', 'nodeid: 1', 'name: two']),
      totem + nodelist(['ring0_addr: 10.0.0.1', 'nodeid: 9', 'name: two']),
    );
    assert.deepEqual(
      other.problems.map(({ code }) => code),
      ['COTERIE_E_CONFIG_RELOAD_LOCAL'],
    );
  });
});
