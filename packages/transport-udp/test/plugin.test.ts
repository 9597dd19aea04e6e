import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Clock, injectedParameters, Logger, Timers, TransportContext } from '@coterie/sdk';
import { validateManifest } from '@coterie/sdk/manifest';
import { plugin } from '@coterie/transport-udp';
import { rejectsWith, TestNode } from './node.js';

describe('the plugin', () => {
  it('is what its manifest says', () => {
    const file = new URL('../package.json', import.meta.url);
    const { coterie } = JSON.parse(readFileSync(file, 'utf8')) as { coterie: unknown };
    const checked = validateManifest(coterie);
    assert.deepEqual('manifest' in checked && checked.manifest.transports, Object.keys(plugin.transports));
  });

  it('says for each constructor parameter what to inject', () => {
    for (const type of Object.values(plugin.transports)) {
      const tokens = injectedParameters(type).map((parameter) => parameter?.token);
      assert.deepEqual(tokens, [TransportContext, Logger, Timers, Clock]);
      assert.equal(type.length, tokens.length);
    }
  });

  it('refuses sockets that do not exist', async () => {
    const before = process.env['COTERIE_UDP_SOCKETS'];
    process.env['COTERIE_UDP_SOCKETS'] = 'fast';
    try {
      const node = new TestNode('udpu', 1, [{ nodeId: 1, address: '127.0.0.1', port: 0 }]);
      await rejectsWith(node.open(), 'COTERIE_E_UDP_SOCKETS', /"fast"/);
    } finally {
      if (before === undefined) delete process.env['COTERIE_UDP_SOCKETS'];
      else process.env['COTERIE_UDP_SOCKETS'] = before;
    }
  });
});
