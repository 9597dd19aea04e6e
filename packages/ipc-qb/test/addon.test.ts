import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadAddon, type Addon } from '../dist/addon.js';

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

  it('knows who is at the other end of a Unix socket, and of nothing else', async () => {
    const { peerOf } = loadAddon();
    const folder = mkdtempSync(join(tmpdir(), 'coterie-peer-'));
    const server = createServer().listen(join(folder, 'socket'));
    try {
      await once(server, 'listening');
      const client = connect(join(folder, 'socket'));
      const [accepted] = (await once(server, 'connection')) as [Socket];
      const { fd } = (accepted as unknown as { _handle: { fd: number } })._handle;
      assert.deepEqual(peerOf(fd), [process.pid, process.getuid?.(), process.getgid?.()]);
      assert.equal(peerOf(-1), undefined);
      const other = openSync(folder, 'r');
      assert.equal(peerOf(other), undefined);
      closeSync(other);
      client.destroy();
      accepted.destroy();
    } finally {
      server.close();
      rmSync(folder, { recursive: true });
    }
  });

  it('loads without libqb', () => {
    const linked = execFileSync('ldd', [`${folder}prebuilds/linux-x64/@coterie+ipc-qb.node`], {
      encoding: 'utf8',
    });
    assert.doesNotMatch(linked, /libqb/);
  });
});
