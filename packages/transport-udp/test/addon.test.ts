import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { counterNames } from '../dist/counters.js';
import type { Addon } from '../dist/native-socket.js';

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

  function prebuild(): Addon {
    const require = createRequire(import.meta.url);
    return require(`${folder}prebuilds/linux-x64/@coterie+transport-udp.node`) as Addon;
  }

  it('is prebuilt from the sources as they are (else: npm run build:native)', () => {
    const hash = execFileSync(process.execPath, [`${folder}native/source-hash.mjs`], { encoding: 'utf8' });
    assert.equal(prebuild().sourceHash, hash.trim());
  });

  it('counts by the names of src/counters.ts', () => {
    assert.equal(counterNames[prebuild().counters], 'tx_dropped.link_down');
  });
});
