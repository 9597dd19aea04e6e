import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('..', import.meta.url));

describe('memory that the device may read and write', function () {
  this.timeout(60_000);
  let built: string;

  before(function () {
    const compiler = spawnSync('g++', ['--version']).status === 0;
    const headers =
      existsSync('/usr/include/infiniband/verbs.h') && existsSync('/usr/include/rdma/rdma_cma.h');
    if (!compiler || !headers) {
      console.warn('      NOT tested: this needs g++, libibverbs-dev and librdmacm-dev.');
      this.skip();
    }
    built = mkdtempSync(join(tmpdir(), 'coterie-ib-'));
    const sources = ['test/ownership.cc', 'native/receive_queue.cc', 'native/send_queue.cc'];
    const sanitizers = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all', '-g'];
    const options = ['-std=c++17', '-Wall', '-Wextra', '-Werror', ...sanitizers];
    execFileSync('g++', [...options, '-o', join(built, 'ownership'), ...sources], { cwd: folder });
  });

  after(() => {
    if (built) rmSync(built, { recursive: true });
  });

  it('is registered, pinned and let go at the right time, AddressSanitizer watching', () => {
    const { status, stdout, stderr } = spawnSync(join(built, 'ownership'), { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    assert.equal(stdout, 'ok\n');
  });

  it('would not be let go too early unnoticed', () => {
    const { status, stderr } = spawnSync(join(built, 'ownership'), ['mistake'], { encoding: 'utf8' });
    assert.notEqual(status, 0);
    assert.match(stderr, /not so: range\.lkey != mr->lkey/);
  });
});
