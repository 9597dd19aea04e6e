import assert from 'node:assert/strict';
import { definePlugin, value, type TransportClass, type TransportContext } from '@coterie/sdk';
import { settleNetmtu } from '../../dist/largest-datagram.js';
import type { LoadedPlugin } from '../../dist/plugins/plugin-package.js';
import { ManualTime } from '../manual-time.js';
import { loaded, threeNodes, totemWith } from './files.js';

/** A plugin whose transport has this way to find out what it carries. */
function plugin(largestDatagram: TransportClass['largestDatagram']): LoadedPlugin {
  const type = Object.assign(class {}, { largestDatagram }) as unknown as TransportClass;
  return { plugin: definePlugin({ transports: { udpu: type } }) } as LoadedPlugin;
}

describe('netmtu: auto', () => {
  const time = new ManualTime();
  const automatic = loaded(totemWith('netmtu: auto') + threeNodes);

  it('is what the transport carries, in the settings of the ring, of the transport, and in the database', async () => {
    let asked: TransportContext | undefined;
    const says = plugin((context) => {
      asked = context;
      return Promise.resolve(2048);
    });
    const { totem, transportSettings, keys } = await settleNetmtu(automatic, [says], time);
    assert.deepEqual([totem.netmtu, transportSettings.netmtu], [2048, 2048]);
    assert.deepEqual(keys.get('totem.netmtu'), value.u32(2048));
    assert.deepEqual([asked?.nodeId, asked?.name, asked?.members.length], [2, 'udpu', 3]);
  });

  it('is the default where the transport does not say', async () => {
    const { totem, keys } = await settleNetmtu(automatic, [plugin(undefined)], time);
    assert.equal(totem.netmtu, 1500);
    assert.deepEqual(keys.get('totem.netmtu'), value.u32(1500));
  });

  it('asks nobody where the file has a number', async () => {
    const asked = plugin(() => Promise.reject(new Error('asked')));
    const fixed = loaded(totemWith('netmtu: 1400') + threeNodes);
    assert.equal(await settleNetmtu(fixed, [asked], time), fixed);
  });

  it('is no more than UDP can carry, and never what no ring can use', async () => {
    const says = (size: unknown) =>
      settleNetmtu(automatic, [plugin(() => Promise.resolve(size as number))], time);
    assert.equal((await says(65_536)).totem.netmtu, 65_507);
    assert.equal((await says(256)).totem.netmtu, 256);
    for (const size of [255, 0, -1, NaN, 1500.5, '1500', null])
      await assert.rejects(says(size), { code: 'COTERIE_E_PLUGIN_NETMTU' });
  });

  it('ends the start when the transport cannot find out, or takes too long', async () => {
    const fails = plugin(() => Promise.reject(new Error('no port')));
    await assert.rejects(settleNetmtu(automatic, [fails], time), /no port/);
    const silent = settleNetmtu(automatic, [plugin(() => new Promise(() => undefined))], time);
    time.advance(10_000);
    await assert.rejects(silent, { code: 'COTERIE_E_PLUGIN_TIMEOUT' });
  });
});
