import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describeWith, type Need } from '../needs.js';

const SEEDS = ['3001', '3020'];
/** npm's packages with the binary of Node.js for this machine. */
const NEWER = `node-${process.platform}-${process.arch}`;
const NEWER_VERSION = '26.10.0';

const program = fileURLToPath(new URL('hashes.js', import.meta.url));

/** What a process prints for {@link SEEDS}. */
async function hashes(node: string, env: NodeJS.ProcessEnv = {}): Promise<number[]> {
  const { stdout } = await promisify(execFile)(node, [program, ...SEEDS], {
    env: { ...process.env, ...env },
  });
  return JSON.parse(stdout) as number[];
}

const npmPackage: Need = () => {
  try {
    execFileSync('npm', ['view', `${NEWER}@${NEWER_VERSION}`, 'version'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return `the npm package ${NEWER}`;
  }
};

let expected: Promise<number[]> | undefined;
const here = () => (expected ??= hashes(process.execPath));

describe('a seed gives the same trace', function () {
  this.timeout(180_000);

  it('in another process, with another locale and time zone', async () => {
    const first = await here();
    assert.equal(first.length, 20);
    assert.equal(new Set(first).size, first.length);
    const env = { LC_ALL: 'tr_TR.UTF-8', LANG: 'tr_TR.UTF-8', TZ: 'Asia/Kathmandu' };
    assert.deepEqual(await hashes(process.execPath, env), first);
  });
});

describeWith([npmPackage], 'a seed gives the same trace on a newer Node.js', function () {
  this.timeout(180_000);

  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'coterie-node-'));
    const quiet = ['--no-save', '--no-audit', '--no-fund', '--ignore-scripts', '--prefer-offline'];
    execFileSync('npm', ['install', ...quiet, '--prefix', folder, `${NEWER}@${NEWER_VERSION}`], {
      stdio: 'ignore',
    });
  });
  after(() => rmSync(folder, { recursive: true }));

  it(`(${NEWER_VERSION})`, async () => {
    const newer = join(folder, 'node_modules', NEWER, 'bin', 'node');
    assert.equal(execFileSync(newer, ['--version'], { encoding: 'utf8' }), `v${NEWER_VERSION}\n`);
    assert.deepEqual(await hashes(newer), await here());
  });
});
