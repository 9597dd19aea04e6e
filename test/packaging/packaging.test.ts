import assert from 'node:assert/strict';
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePorts } from '../e2e/loopback.js';
import { until } from '../interop/until.js';
import { PackedInstallation, ROOT } from './installation.js';

const NODES = [1, 2, 3];

describe('Packages as they are published', function () {
  this.timeout(180_000);
  let installation: PackedInstallation;
  const processes: ChildProcess[] = [];

  before(() => {
    installation = new PackedInstallation();
  });

  after(async () => {
    for (const child of processes) {
      if (child.exitCode !== null || child.signalCode !== null) continue;
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    installation.remove();
  });

  it('hold what they name and nothing of development', () => {
    for (const { json, files } of installation.packages) {
      const exported = Object.values(json.exports).flatMap((to) =>
        typeof to === 'string' ? to : Object.values(to),
      );
      const { entry, config } = json.coterie ?? {};
      const named = [...exported, ...Object.values(json.bin ?? {}), entry, config].filter(
        (path) => path !== undefined,
      );
      const missing = named.filter((path) => !files.includes(path.replace('./', '')));
      assert.deepEqual(missing, [], `${json.name} names files that it does not hold`);
      const odd = files.filter(
        (path) =>
          /\.map$|buildinfo$|\.tgz$/.test(path) ||
          // npm ci takes a package that has one for something to compile, gypfile or not.
          path === 'binding.gyp' ||
          // The sources of a template are what it is for.
          (!path.startsWith('templates/') && /(^|\/)(src|test|dist-test|coverage|scripts)\//.test(path)),
      );
      assert.deepEqual(odd, [], `${json.name} holds files that nobody needs`);
    }
  });

  it('give the types and the daemon to an engine of a third party, which runs on three nodes', async () => {
    const { folder } = installation;
    writeEngine(join(folder, 'node_modules/counter'));
    execFileSync(
      process.execPath,
      [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', 'node_modules/counter'],
      {
        cwd: folder,
      },
    );
    const { project, configuration } = example();
    project.dependencies['counter'] = '1.0.0';
    writeFileSync(join(folder, 'package.json'), JSON.stringify(project));
    writeFileSync(join(folder, 'corosync.conf'), configuration);
    const checked = execFileSync(
      installation.command('coteried'),
      ['-t', '-c', 'corosync.conf', '--node', '1'],
      {
        cwd: folder,
        encoding: 'utf8',
      },
    );
    assert.match(checked, /no errors\n$/);
    writeFileSync(join(folder, 'corosync.conf'), corosyncConf(await freePorts(NODES.length)));

    const start = (command: string, args: string[], node: number): (() => string) => {
      const env = { ...process.env, COTERIE_RUN_DIR: join(folder, `run-${node}`) };
      const child = spawn(command, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
      processes.push(child);
      let output = '';
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (chunk: Buffer) => (output += chunk));
      return () => output;
    };
    const daemons = NODES.map((node) => {
      const options = ['-f', '-c', 'corosync.conf', '--node', `${node}`, '--state-dir', `state-${node}`];
      return start(installation.command('coteried'), options, node);
    });
    const told = (): string => daemons.map((output) => output()).join('\n');
    for (const output of daemons) {
      await until('a ring of three', 60_000, () =>
        /members 1 2 3;/.test(output()) && output().includes('ready for clients') ? undefined : told(),
      );
    }
    const programs = NODES.map((node) =>
      start(process.execPath, ['node_modules/counter/dist/add-one.js'], node),
    );
    for (const output of programs) {
      await until('the sum on each node', 60_000, () =>
        output().split('\n').includes('3') ? undefined : programs.map((each) => each()).join('\n'),
      );
    }
    const listed = execFileSync(
      installation.command('coterie'),
      ['plugins', '--run-dir', join(folder, 'run-2')],
      {
        encoding: 'utf8',
      },
    );
    assert.match(listed, /^counter +engine +1\.0\.0 +counter +counter@1 /m);
  });
});

/** The engine, its manifest and its program as docs/architecture.md has them, and the example of the SDK's README. */
function writeEngine(folder: string): void {
  const page = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8');
  const manifest = /```json\n("coterie": \{[^]*?\n\})\n```/.exec(page)?.[1];
  assert.ok(manifest, 'docs/architecture.md has a manifest');
  mkdirSync(join(folder, 'src/readme'), { recursive: true });
  writeFileSync(
    join(folder, 'package.json'),
    `{ "name": "counter", "version": "1.0.0", "type": "module", ${manifest} }`,
  );
  for (const [, name, code] of page.matchAll(/```ts\n\/\/ ([a-z-]+\.ts)\n([^]*?)```/g)) {
    writeFileSync(join(folder, 'src', name!), code!);
  }
  const readme = readFileSync(join(ROOT, 'packages/sdk/README.md'), 'utf8');
  const [engine, program] = Array.from(readme.matchAll(/```ts\n([^]*?)```/g), ([, code]) => code);
  writeFileSync(join(folder, 'src/readme/counter.ts'), engine!);
  writeFileSync(join(folder, 'src/readme/program.ts'), program!);
  const compilerOptions = {
    ...{ target: 'ES2022', lib: ['ES2023'], module: 'NodeNext', strict: true, types: ['node'] },
    ...{ experimentalDecorators: true, rootDir: 'src', outDir: 'dist', skipLibCheck: false },
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['src'] }));
}

/** The daemon that the README composes. */
function example(): { project: { dependencies: Record<string, string> }; configuration: string } {
  const readme = readFileSync(join(ROOT, 'README.md'), 'utf8');
  const [, project] = /```json\n([^]*?)```/.exec(readme) ?? [];
  const [, configuration] = /```\n(totem \{[^]*?)```/.exec(readme) ?? [];
  assert.ok(project && configuration, 'the README composes a daemon');
  return { project: JSON.parse(project) as { dependencies: Record<string, string> }, configuration };
}

function corosyncConf(ports: readonly number[]): string {
  const nodes = ports.map(
    (port, i) => `node {\nnodeid: ${i + 1}\nring0_addr: 127.0.0.1\nring0_port: ${port}\n}\n`,
  );
  return (
    'totem {\nversion: 2\ntransport: udpu\ncluster_name: packed\ncrypto_cipher: none\ntoken: 1000\n}\n' +
    `nodelist {\n${nodes.join('')}}\nquorum {\nprovider: corosync_votequorum\n}\nlogging {\nto_syslog: no\n}\n`
  );
}
