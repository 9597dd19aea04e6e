import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Addon } from '../dist/addon.js';

const folder = fileURLToPath(new URL('..', import.meta.url));

describe('the addon', () => {
  before(function () {
    if (process.platform !== 'linux' || process.arch !== 'x64') {
      console.warn(
        `      No prebuild for ${process.platform}-${process.arch}: NOT tested whether it is current.`,
      );
      this.skip();
    }
  });

  it('is prebuilt from the sources as they are (else: npm run build:native)', () => {
    const require = createRequire(import.meta.url);
    const prebuild = require(`${folder}prebuilds/linux-x64/@coterie+ipc-qb.node`) as Addon;
    const hash = execFileSync(process.execPath, [`${folder}native/source-hash.mjs`], { encoding: 'utf8' });
    assert.equal(prebuild.sourceHash, hash.trim());
  });

  it('loads without libqb', () => {
    const linked = execFileSync('ldd', [`${folder}prebuilds/linux-x64/@coterie+ipc-qb.node`], {
      encoding: 'utf8',
    });
    assert.doesNotMatch(linked, /libqb/);
  });
});
