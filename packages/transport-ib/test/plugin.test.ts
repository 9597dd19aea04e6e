import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { Clock, injectedParameters, Logger, Timers, TransportContext } from '@coterie/sdk';
import { validateManifest } from '@coterie/sdk/manifest';
import { IbTransport, plugin } from '@coterie/transport-ib';

describe('the plugin', () => {
  it('is what its manifest says', () => {
    const file = new URL('../package.json', import.meta.url);
    const { coterie } = JSON.parse(readFileSync(file, 'utf8')) as { coterie: unknown };
    const checked = validateManifest(coterie);
    assert.deepEqual('manifest' in checked && checked.manifest.transports, Object.keys(plugin.transports));
  });

  it('says for each constructor parameter what to inject', () => {
    const tokens = injectedParameters(IbTransport).map((parameter) => parameter?.token);
    assert.deepEqual(tokens, [TransportContext, Logger, Timers, Clock]);
    assert.equal(IbTransport.length, tokens.length);
  });
});
