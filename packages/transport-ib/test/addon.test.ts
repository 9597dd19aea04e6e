import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Addon } from '../dist/addon.js';
import { counterNames } from '../dist/counters.js';

const folder = fileURLToPath(new URL('..', import.meta.url));
const file = `${folder}prebuilds/linux-x64/@coterie+transport-ib.node`;

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
    return createRequire(import.meta.url)(file) as Addon;
  }

  it('is prebuilt from the sources as they are (else: npm run build:native)', () => {
    const hash = execFileSync(process.execPath, [`${folder}native/source-hash.mjs`], { encoding: 'utf8' });
    assert.equal(prebuild().sourceHash, hash.trim());
  });

  it('counts by the names of src/counters.ts', () => {
    assert.equal(counterNames[prebuild().counters], 'tx_dropped.link_down');
  });

  it('loads where a library of rdma-core does not, and says which one', () => {
    const broken = mkdtempSync(join(tmpdir(), 'coterie-ib-'));
    try {
      writeFileSync(join(broken, 'librdmacm.so.1'), 'not a library');
      writeFileSync(join(broken, 'libibverbs.so.1'), 'not a library');
      const script = `
        const { IbTransport } = await import(${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)});
        const log = { warn() {}, info() {}, error() {} };
        const timers = { timer: () => ({ start() {}, stop() {} }) };
        const totem = { ipVersion: 'ipv4', netmtu: 1500, windowSize: 50, downcheck: 1000, blockUnlistedIps: true,
          interface: { mcastaddr: '239.1.1.1', mcastport: 5405 } };
        const members = [{ nodeId: 1, address: '127.0.0.1', port: 0 }];
        const transport = new IbTransport({ nodeId: 1, members, name: 'iba', totem }, log, timers, { now: () => 0 });
        await transport.open({}).catch((error) => console.log(error.code, error.message));`;
      const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
        env: { ...process.env, LD_LIBRARY_PATH: broken },
        encoding: 'utf8',
        timeout: 10_000,
      });
      assert.match(stdout, /^COTERIE_E_IB_LIBRARY .*libibverbs\.so\.1/, stderr);
    } finally {
      rmSync(broken, { recursive: true });
    }
  });
});
