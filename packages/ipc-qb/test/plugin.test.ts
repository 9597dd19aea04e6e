import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { ClientRouter, Database, injectedParameters, Logger } from '@coterie/sdk';
import { validateManifest } from '@coterie/sdk/manifest';
import { plugin } from '@coterie/ipc-qb';

describe('the plugin', () => {
  it('is what its manifest says', () => {
    const file = new URL('../package.json', import.meta.url);
    const { coterie } = JSON.parse(readFileSync(file, 'utf8')) as { coterie: unknown };
    const checked = validateManifest(coterie);
    assert.ok('manifest' in checked, JSON.stringify(checked));
    assert.equal(checked.manifest.kind, 'ipc');
    assert.equal(plugin.frontEnds.length, 1);
  });

  it('says for each constructor parameter what to inject', () => {
    const [type] = plugin.frontEnds;
    const tokens = injectedParameters(type!).map((parameter) => parameter?.token);
    assert.deepEqual(tokens, [ClientRouter, Database, Logger]);
    assert.equal(type!.length, tokens.length);
  });
});
