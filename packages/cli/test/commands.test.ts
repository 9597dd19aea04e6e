import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CoterieError } from '@coterie/sdk';
import { defaultRunDir } from '@coterie/sdk/client';
import { runDirOf } from '../dist/daemon.js';
import { claim } from '../dist/dev/pointer.js';
import { printable } from '../dist/paint.js';
import { Coterie } from './coterie.js';

describe('The command line', () => {
  let folder: string;

  before(() => (folder = mkdtempSync(join(tmpdir(), 'coterie-test-'))));
  after(() => rmSync(folder, { recursive: true }));

  it('says with a code and exit code 1 that no daemon runs', async () => {
    const status = new Coterie(['status', '--run-dir', folder], folder);
    assert.equal(await status.code(), 1);
    assert.match(status.err, /^COTERIE_E_CLIENT_ABSENT: no daemon listens at /);
    assert.equal(status.out, '');
  });

  it('says the same in JSON to a program', async () => {
    const status = new Coterie(['quorum', 'status', '--json', '--run-dir', folder], folder);
    assert.equal(await status.code(), 1);
    const { error } = JSON.parse(status.out) as { error: { code: string; message: string } };
    assert.equal(error.code, 'COTERIE_E_CLIENT_ABSENT');
    assert.match(error.message, /coteried\.sock/);
  });

  it('checks traces, and ends with 1 where something did not hold', async function () {
    this.timeout(60_000);
    const start = '1.000 1.9 start 2026-01-01T00:00:00.000Z\n2.000 1.9 regular 1.4 [1]\n';
    const [good, bad] = ['good', 'bad'].map((name) => join(folder, name)) as [string, string];
    writeFileSync(good, `${start}3.000 1.9 fail asked: test\n`);
    writeFileSync(bad, `${start}3.000 1.9 regular 1.8 [1]\n`);
    const held = new Coterie(['check', good], folder);
    assert.equal(await held.code(), 0, held.err);
    assert.match(held.out, /^3 events of node 1, .*\nEverything held\.\n$/);
    const broken = new Coterie(['check', bad, '--window', '1'], folder);
    assert.equal(await broken.code(), 1);
    assert.match(broken.out, /^M3 at 2\.000 ms: .*\n {2}wanted: .*\n +2\.000 1\.1 +regular +1\.8 +\[1\]\n/);
    const json = new Coterie(['check', bad, '--json'], folder);
    assert.equal(await json.code(), 1);
    const { violations } = JSON.parse(json.out) as { violations: { property: string }[] };
    assert.equal(violations[0]?.property, 'M3');
    const none = new Coterie(['check', join(folder, 'none')], folder);
    assert.equal(await none.code(), 1);
    assert.match(none.err, /^COTERIE_E_TRACE_FILE: /);
  });

  it('refuses a command that there is not', async () => {
    const unknown = new Coterie(['frobnicate'], folder);
    assert.equal(await unknown.code(), 1);
    assert.match(unknown.err, /^COTERIE_E_USAGE: .*frobnicate/);
  });

  it('guesses what a mistyped command should have been', async () => {
    const mistyped = new Coterie(['quorum', 'staus'], folder);
    assert.equal(await mistyped.code(), 1);
    assert.match(mistyped.err, /there is no command "quorum staus": did you mean "quorum status"\?/);
  });

  it('starts without the executive, which one command needs', async () => {
    // The executive is what uses the container: Node remembers every CommonJS module it has loaded.
    const spy = join(folder, 'spy.cjs');
    const loaded = `Object.keys(require.cache).filter((path) => path.includes('tsyringe')).length`;
    writeFileSync(spy, `process.on('exit', () => process.stderr.write('loaded ' + ${loaded}))`);
    const version = new Coterie(['--version'], folder, '', ['--require', spy]);
    assert.equal(await version.code(), 0);
    assert.equal(version.err, 'loaded 0');
    const check = new Coterie(['config', 'check', 'none'], folder, '', ['--require', spy]);
    assert.equal(await check.code(), 1);
    assert.match(check.err, /loaded [1-9]/);
  });

  it('begins projects, and overwrites nothing', async function () {
    this.timeout(60_000);
    const args = ['generate', 'engine', 'my-engine', '--service', '1027', '--yes'];
    const dry = new Coterie([...args, '--dry-run'], folder);
    assert.equal(await dry.code(), 0, dry.err);
    assert.match(dry.out, /my-engine would get\n(.*\n)* {2}src\/engine\.ts\n/);
    const written = new Coterie([...args, '--json'], folder);
    assert.equal(await written.code(), 0, written.err);
    const { project, files } = JSON.parse(written.out) as { project: { service: number }; files: string[] };
    assert.deepEqual([project.service, files.includes('test/conformance.test.ts')], [1027, true]);
    const again = new Coterie(args, folder);
    assert.equal(await again.code(), 1);
    assert.match(again.err, /^COTERIE_E_GENERATE_EXISTS: /);
    for (const kind of ['transport', 'daemon']) {
      const other = new Coterie(['generate', kind, `my-${kind}`], folder);
      assert.equal(await other.code(), 0, other.err);
    }
    const nameless = new Coterie(['generate', 'daemon'], folder);
    assert.match((await nameless.code(), nameless.err), /^COTERIE_E_USAGE: say the name of the daemon/);
  });

  it('helps', async () => {
    const help = new Coterie(['quorum', 'status', '--help'], folder);
    assert.equal(await help.code(), 0);
    assert.match(help.out, /--run-dir/);
    const word = new Coterie(['help', 'quorum', 'status'], folder);
    assert.equal(await word.code(), 0);
    assert.equal(word.out, help.out);
  });
});

describe('The README', () => {
  it('names every command', () => {
    const path = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url));
    const readme = readFileSync(path('README.md'), 'utf8');
    const commands = readdirSync(path('dist/commands'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.js'))
      .map((name) => name.replace(/\.js$/, '').replace('/', ' '));
    assert.ok(commands.length > 20);
    assert.deepEqual(
      commands.filter((command) => !new RegExp(`\\b${command}\\b`).test(readme)),
      [],
    );
  });
});

describe('The daemon that a command talks to', () => {
  let project: string;

  before(() => {
    project = mkdtempSync(join(tmpdir(), 'coterie-test-'));
    writeFileSync(join(project, 'package.json'), '{}');
    mkdirSync(join(project, 'runs'));
  });
  after(() => rmSync(project, { recursive: true }));

  it("is the one named, else the development cluster's, else the machine's", () => {
    assert.equal(runDirOf({ runDir: '/named' }, project), '/named');
    assert.equal(runDirOf({}, project), defaultRunDir());
    const nodes = [1, 2].map((nodeId) => ({ nodeId, runDir: `/runs/${nodeId}` }));
    const release = claim(project, { pid: process.pid, runs: join(project, 'runs'), nodes });
    assert.equal(runDirOf({}, project), '/runs/1');
    assert.equal(runDirOf({ node: 2 }, project), '/runs/2');
    assert.throws(() => runDirOf({ node: 3 }, project), usage);
    release();
    assert.throws(() => runDirOf({ node: 1 }, project), usage);
  });
});

describe('What others wrote', () => {
  it('reaches the terminal as text only', () => {
    assert.equal(printable('a\u001b[2Jb\u009bc\n'), 'a\\x1b[2Jb\\x9bc\\x0a');
    assert.equal(printable('Ünïcödé ✓'), 'Ünïcödé ✓');
  });
});

function usage(error: unknown): boolean {
  return error instanceof CoterieError && error.code === 'COTERIE_E_USAGE';
}
