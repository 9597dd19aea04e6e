import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { errors } from '@coterie/sdk';
import { files, root, text } from './sources.js';

const code = /\.(ts|js|mjs|cc|h|c)$/;

describe('The house is tidy', function () {
  this.timeout(60_000);

  it('keeps every source file at 500 lines or fewer', () => {
    const long = files(code).filter((path) => text(path).split('\n').length > 501);
    assert.deepEqual(long, []);
  });

  it('has no room for odds and ends', () => {
    const odd = files(/./).filter((path) =>
      path.split('/').some((part) => /^(utils?|helpers?|common|misc)(\.|$)/i.test(part)),
    );
    assert.deepEqual(odd, []);
  });

  it('runs every test: none is exclusive, and a skip names what the machine lacks', () => {
    const marks = /\b(?:describe|it|context|suite|test)\.(?:only|skip)\b|\bthis\.skip\(/;
    const marked = files(/\.test\.ts$/).filter((path) => marks.test(text(path)));
    // A package's tests cannot import test/needs.ts; these print the reason.
    assert.deepEqual(marked, [
      'packages/ipc-qb/test/addon.test.ts',
      'packages/transport-ib/test/addon.test.ts',
      'packages/transport-ib/test/ownership.test.ts',
      'packages/transport-udp/test/addon.test.ts',
      'packages/transport-udp/test/netns.test.ts',
    ]);
  });

  it('tells the user of every package what it is for', () => {
    const silent = files(/^(packages|examples)\/[^/]+\/package\.json$/)
      .map((path) => join(path, '..', 'README.md'))
      .filter((path) => !existsSync(join(root, path)));
    assert.deepEqual(silent, []);
  });

  it('lists every package in the build', () => {
    const built = (JSON.parse(text('tsconfig.json')) as { references: { path: string }[] }).references;
    const paths = new Set(built.map(({ path }) => path));
    const forgotten = files(/^((packages|examples)\/[^/]+(\/test)?|test)\/tsconfig\.json$/)
      .map((path) => join(path, '..'))
      .filter((path) => !paths.has(path));
    assert.deepEqual(forgotten, []);
  });

  it('explains every code that the sources use', () => {
    assert.deepEqual(difference(codesInUse(), Object.keys(errors)), []);
  });

  it('uses every code of the table of errors', () => {
    assert.deepEqual(difference(Object.keys(errors), codesInUse()), []);
  });

  it('has the pages that the sources give', async () => {
    const script = pathToFileURL(join(root, 'scripts/pages.mjs')).href;
    const { pages } = (await import(script)) as { pages: () => Record<string, string> };
    const stale = Object.entries(pages()).filter(([path, page]) => text(path) !== page);
    assert.deepEqual(
      stale.map(([path]) => path),
      [],
      'npm run docs writes them',
    );
  });

  it('has a reference of the SDK and the clients that can be made without a warning', () => {
    const typedoc = join(root, 'node_modules/.bin/typedoc');
    execFileSync(typedoc, ['--emit', 'none', '--treatWarningsAsErrors'], { cwd: root, stdio: 'pipe' });
  });

  it('has the lock service of the tutorial among the examples', () => {
    const blocks = text('docs/tutorial.md').matchAll(/^```ts\n\/\/ (\S+)\n([^]*?)^```$/gm);
    const stale = Array.from(blocks, ([, path, block]) => [`examples/locks/${path}`, block] as const)
      .filter(([path, block]) => text(path) !== block)
      .map(([path]) => path);
    assert.deepEqual(stale, []);
  });

  it('pins dependencies without naming where they were fetched from', () => {
    const fetched = text('package-lock.json')
      .split('\n')
      .filter((line) => /"resolved": "(?!packages\/|examples\/|templates\/)/.test(line));
    assert.deepEqual(fetched, []);
  });

  it('names its test files so that they run', () => {
    const lost = files(/^((packages|examples)\/[^/]+\/test|test)\/.*\.ts$/).filter(
      (path) => !/\.(test|guest)\.ts$/.test(path) && /^describe\(/m.test(text(path)),
    );
    assert.deepEqual(lost, []);
    const forGuest = files(/\.guest\.ts$/).map((path) => basename(path, '.guest.ts'));
    const starter = text('scripts/infiniband.mjs');
    assert.deepEqual(
      forGuest.filter((name) => !starter.includes(`'${name}'`)),
      [],
    );
  });
});

/** Codes that stand as a string in the sources; the table itself and comments do not count. */
function codesInUse(): string[] {
  const sources = files(/^packages\/[^/]+\/(src|bin)\/.*\.(ts|js)$/).filter(
    (path) => path !== 'packages/sdk/src/errors.ts',
  );
  return sources.flatMap((path) => text(path).match(/(?<=['"`])COTERIE_[EW]_[A-Z_]*[A-Z]\b(?!_)/g) ?? []);
}

function difference(these: readonly string[], those: readonly string[]): string[] {
  return [...new Set(these)].filter((one) => !those.includes(one)).sort();
}
