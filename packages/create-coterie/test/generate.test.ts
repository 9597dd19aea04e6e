import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CoterieError } from '@coterie/sdk';
import { validateManifest } from '@coterie/sdk/manifest';
import { KINDS, askFor, generate, type Asker } from 'create-coterie';

const PROGRAM = fileURLToPath(new URL('../bin/create-coterie.js', import.meta.url));

describe('generate', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'coterie-generate-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it('writes a project in which no mark of the template is left', () => {
    for (const kind of KINDS) {
      const { project, files } = generate({ kind, packageName: `@acme/my-${kind}` }, folder);
      assert.equal(project.directory, join(folder, `my-${kind}`));
      assert.ok(files.includes('.gitignore'), 'npm would leave it out under that name');
      for (const path of files) {
        const text = readFileSync(join(project.directory, path), 'utf8');
        assert.doesNotMatch(path + text, /__[A-Za-z]+__/, path);
      }
    }
  });

  it('writes manifests that a daemon takes', () => {
    for (const kind of ['engine', 'transport'] as const) {
      const { project } = generate({ kind, packageName: 'x1', directory: kind, service: 1024 }, folder);
      const json = JSON.parse(readFileSync(join(project.directory, 'package.json'), 'utf8')) as {
        coterie: unknown;
      };
      const result = validateManifest(json.coterie);
      assert.ok('manifest' in result, JSON.stringify(result));
      assert.equal(result.manifest.name, 'x1');
    }
  });

  it('derives a service number for third parties from the name, always the same', () => {
    const numbers = ['a1', 'b1', 'my-engine', '@acme/my-engine'].map(
      (packageName) => generate({ kind: 'engine', packageName, dryRun: true }, folder).project.service,
    );
    assert.equal(new Set(numbers).size, 4);
    assert.ok(numbers.every((number) => number >= 1024 && number <= 65535));
    const again = generate({ kind: 'engine', packageName: 'a1', dryRun: true }, folder);
    assert.equal(again.project.service, numbers[0]);
  });

  it('writes nothing on a dry run, and says what it would have', () => {
    const { files } = generate({ kind: 'engine', packageName: 'my-engine', dryRun: true }, folder);
    assert.ok(files.includes('src/engine.ts'));
    assert.deepEqual(readdirSync(folder), []);
  });

  it('overwrites nothing, not even in part', () => {
    const directory = join(folder, 'my-daemon');
    generate({ kind: 'daemon', packageName: 'my-daemon' }, folder);
    rmSync(join(directory, 'package.json'));
    writeFileSync(join(directory, 'corosync.conf'), 'mine');
    assert.throws(
      () => generate({ kind: 'daemon', packageName: 'my-daemon' }, folder),
      (error) =>
        error instanceof CoterieError &&
        error.code === 'COTERIE_E_GENERATE_EXISTS' &&
        /corosync\.conf/.test(error.message),
    );
    assert.equal(readFileSync(join(directory, 'corosync.conf'), 'utf8'), 'mine');
    assert.ok(!existsSync(join(directory, 'package.json')));
  });

  it('refuses names and numbers that no plugin can have', () => {
    const refused = (wishes: { packageName: string; service?: number }): void =>
      assert.throws(
        () => generate({ kind: 'engine', ...wishes }, folder),
        (error) => error instanceof CoterieError && error.code === 'COTERIE_E_GENERATE_NAME',
        JSON.stringify(wishes),
      );
    for (const packageName of ['', 'x', 'X1', '../up', 'a b', '@acme/', '1st', 'a'.repeat(41)])
      refused({ packageName });
    for (const service of [1023, 65_536, 1.5, NaN]) refused({ packageName: 'my-engine', service });
    assert.deepEqual(readdirSync(folder), []);
  });
});

describe('askFor', () => {
  const answering = (...answers: string[]): Asker & { asked: string[] } => {
    const asked: string[] = [];
    const ask: Asker = (question, suggestion) => {
      asked.push(question);
      return Promise.resolve(answers.shift() || suggestion);
    };
    return Object.assign(ask, { asked });
  };

  it('asks for what it was not told, until the answer makes sense', async () => {
    const ask = answering('castle', 'transport', 'No Name', 'my-loop');
    const wishes = await askFor({}, ask);
    assert.deepEqual([wishes.kind, wishes.packageName], ['transport', 'my-loop']);
    assert.equal(ask.asked.length, 4);
    const engine = await askFor({ kind: 'engine' }, answering('', '80', '2000'));
    assert.deepEqual([engine.packageName, engine.service], ['my-engine', 2000]);
  });

  it('asks nothing that it was told, nor where it may not', async () => {
    const none = answering();
    await askFor({ kind: 'engine', packageName: 'my-engine', service: 2000 }, none);
    await askFor({ kind: 'engine', packageName: 'my-engine', yes: true }, none);
    assert.deepEqual(none.asked, []);
    await assert.rejects(askFor({ kind: 'engine', yes: true }, none), /the name of the engine/);
  });
});

describe('The program create-coterie', () => {
  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), 'coterie-create-'))));
  after(() => rmSync(folder, { recursive: true }));

  function create(...args: string[]): { status: number | null; stdout: string; stderr: string } {
    return spawnSync(process.execPath, [PROGRAM, ...args], { cwd: folder, encoding: 'utf8' });
  }

  it('writes a project and says what to type next', () => {
    const dry = create('engine', 'my-engine', '--dry-run', '--service', '1027');
    assert.match(dry.stdout, /my-engine would get\n(.*\n)* {2}src\/engine\.ts\n/);
    assert.deepEqual(readdirSync(folder), []);
    const { status, stdout } = create('engine', 'my-engine', '--yes', '--service', '1027');
    assert.equal(status, 0);
    assert.match(stdout, /Next:\n {2}cd my-engine\n {2}npm install\n {2}npm test\n$/);
    assert.match(readFileSync(join(folder, 'my-engine/src/messages.ts'), 'utf8'), /SERVICE = 1027;/);
  });

  it('says with a code what is wrong', () => {
    assert.match(create('engine', 'my-engine').stderr, /^COTERIE_E_GENERATE_EXISTS: /);
    assert.match(create('castle').stderr, /^COTERIE_E_USAGE: "castle" is none of engine/);
    assert.match(create('engine', 'a1', 'b1').stderr, /^COTERIE_E_USAGE: "b1" is too much/);
    assert.match(create('--fast').stderr, /^COTERIE_E_USAGE: /);
    const { status, stderr } = create('engine');
    assert.equal(status, 1);
    assert.match(stderr, /the name of the engine/);
    assert.match(create('--help').stdout, /^Usage: npm create coterie@latest/);
  });
});
