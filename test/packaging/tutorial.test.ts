import assert from 'node:assert/strict';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './installation.js';
import { Release } from './release.js';
import { Walkthrough, type Typed } from './walkthrough.js';

/** What `coterie plugins --installed --json` prints. */
interface Installed {
  readonly plugins: readonly { name: string; version: string; directory: string; problems: string[] }[];
  readonly problems: readonly { code: string; severity: string; remedy: string }[];
}

describe('From an empty folder and a registry', function () {
  this.timeout(600_000);
  let release: Release;
  let walkthrough: Walkthrough | undefined;
  let typed: readonly Typed[];

  before(async () => {
    release = await Release.publish();
    walkthrough = new Walkthrough(join(ROOT, 'docs/tutorial.md'), release.empty, release.environment);
    typed = await walkthrough.walk();
    await walkthrough.end();
    await release.type(join(release.empty, 'my-daemon'), 'npm uninstall @acme/locks');
    await release.type(join(release.empty, 'locks'), 'npm publish');
  });

  after(async () => {
    await walkthrough?.end();
    release?.remove();
  });

  it('docs/tutorial.md ends with an engine that answers on a cluster of three', () => {
    const seconds = (some: readonly Typed[]): number => some.reduce((sum, { took }) => sum + took, 0) / 1000;
    const installs = typed.filter(({ commands }) => /npm (install|create)/.test(commands));
    const all = seconds(typed);
    const others = all - seconds(installs);
    console.log(`      ${all.toFixed(1)} s, ${others.toFixed(1)} s of them without the blocks that install`);
    assert.ok(all < 15 * 60, `${all} s`);
    assert.ok(others < 3 * 60, `${others} s`);

    const tests = typed.filter(({ output }) => / passing \(/.test(output));
    assert.equal(tests.length, 2);
    for (const { output } of tests) assert.doesNotMatch(output, / (failing|pending)/);
    const [installed] = typed.filter(({ commands }) => commands.includes('plugins --installed'));
    assert.match(installed!.output, /^locks +engine +0\.1\.0 +@acme\/locks +locks@1 /m);
    const { output } = typed.at(-1)!;
    assert.match(output, /^locks +engine +0\.1\.0 +@acme\/locks +locks@1 /m);
    takesTurns(output);
  });

  /** Beside a tarball, which the tutorial has: how an engine gets into the folder of a daemon, and whether it then has a copy of the SDK of its own. */
  const ways: [string, string, string[]][] = [
    ['a registry', 'npm install @acme/locks', []],
    ['a folder', 'npm install --install-links ../locks', []],
    ['a link to a folder', 'npm install ../locks', ['COTERIE_W_SDK_DUPLICATE']],
  ];
  for (const [what, command, problems] of ways) {
    it(`a daemon runs a plugin that came from ${what}, and does without it once it is removed`, async () => {
      const daemon = join(release.empty, what.replaceAll(' ', '-'));
      cpSync(join(release.empty, 'my-daemon'), daemon, { recursive: true, verbatimSymlinks: true });
      assert.equal(found(await installed(daemon)), undefined);
      await release.type(daemon, command);
      const after = await installed(daemon);
      assert.deepEqual(found(after)?.problems, problems);
      assert.deepEqual(
        after.problems.map(({ code }) => code),
        problems,
      );
      await runs(daemon);
      await release.type(daemon, 'npm uninstall @acme/locks');
      assert.equal(found(await installed(daemon)), undefined);
    });
  }

  it('a daemon runs a plugin beside which it stands in a workspace', async () => {
    const root = join(release.empty, 'workspace');
    mkdirSync(root);
    writeFileSync(join(root, 'package.json'), '{ "private": true, "workspaces": ["locks", "my-daemon"] }');
    for (const each of ['locks', 'my-daemon']) {
      cpSync(join(release.empty, each), join(root, each), {
        recursive: true,
        filter: (source) => !/\/(node_modules|package-lock\.json|\.coterie)$/.test(source),
      });
    }
    const daemon = join(root, 'my-daemon');
    const file = join(daemon, 'package.json');
    const json = JSON.parse(readFileSync(file, 'utf8')) as { dependencies: Record<string, string> };
    json.dependencies['@acme/locks'] = '^0.1.0';
    writeFileSync(file, JSON.stringify(json));
    await release.type(root, 'npm install');
    const after = await installed(daemon);
    assert.deepEqual([found(after)?.directory, after.problems], [join(root, 'locks'), []]);
    await runs(daemon);
  });

  async function installed(daemon: string): Promise<Installed> {
    return JSON.parse(await release.type(daemon, 'npx coterie plugins --installed --json')) as Installed;
  }

  function found({ plugins }: Installed): Installed['plugins'][number] | undefined {
    return plugins.find(({ name }) => name === 'locks');
  }

  /** A program gets its lock three times from a cluster of one daemon. */
  async function runs(daemon: string): Promise<void> {
    const page = join(daemon, 'walk.md');
    const example = 'npx coterie exec --node 1 -- node node_modules/@acme/locks/dist/example.js';
    const program = daemon.includes('/workspace/')
      ? example.replace('node_modules', '../node_modules')
      : example;
    writeFileSync(
      page,
      `\`\`\`sh\nnpx coterie dev --nodes 1 --no-demo\n\`\`\`\n\`\`\`sh\n${program}\n\`\`\`\n`,
    );
    const walk = new Walkthrough(page, daemon, release.environment);
    try {
      const [, answered] = await walk.walk();
      assert.equal(answered!.output.match(/^node 1 has the printer/gm)?.length, 3, answered!.output);
    } finally {
      await walk.end();
    }
  }
});

/** Each of three nodes has the printer three times, and nobody while somebody else does. */
function takesTurns(output: string): void {
  const told = Array.from(output.matchAll(/^node (\d) (has the printer|lets go)/gm), ([, node, what]) => [
    node,
    what,
  ]);
  const turns: string[] = [];
  for (let i = 0; i < told.length; i += 2) {
    const [node] = told[i]!;
    assert.deepEqual(
      told.slice(i, i + 2),
      [
        [node, 'has the printer'],
        [node, 'lets go'],
      ],
      output,
    );
    turns.push(node!);
  }
  assert.deepEqual(turns.sort(), ['1', '1', '1', '2', '2', '2', '3', '3', '3']);
}
