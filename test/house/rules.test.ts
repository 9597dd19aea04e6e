import assert from 'node:assert/strict';
import { ESLint } from 'eslint';
import { files, root } from './sources.js';

/** What lint says to `source` if it stood in the file `path`; one that exists, as its types are those of its project. */
async function complaints(path: string, source: string): Promise<string[]> {
  const [result] = await new ESLint({ cwd: root }).lintText(source, { filePath: path });
  return (result?.messages ?? []).map(({ ruleId, message }) => ruleId ?? message);
}

function anyFileOf(folder: string): string {
  const [first] = files(new RegExp(`^${folder}/.*\\.ts$`));
  assert(first !== undefined, `no source below ${folder}`);
  return first;
}

describe('Lint keeps the house in order', function () {
  this.timeout(60_000);

  const wrongWay: [string, string][] = [
    ['sdk', '@coterie/totem'],
    ['totem', '@coterie/core'],
    ['totem', '@coterie/engine-cpg'],
    ['core', '@coterie/cli'],
    ['core', '@coterie/engine-quorum/client'],
    ['engine-cpg', '@coterie/core'],
    ['engine-cpg', '@coterie/engine-quorum'],
    ['transport-udp', '@coterie/totem'],
    ['totem', '../../sdk/src/ring.js'],
  ];
  for (const [name, imported] of wrongWay) {
    it(`refuses ${imported} in ${name}`, async () => {
      const said = await complaints(anyFileOf(`packages/${name}/src`), `import '${imported}';\n`);
      assert.deepEqual(said, ['no-restricted-imports']);
    });
  }

  const rightWay: [string, string][] = [
    ['totem', '@coterie/sdk'],
    ['core', '@coterie/totem'],
    ['core', '@coterie/sdk'],
    ['engine-cpg', '@coterie/sdk'],
    ['cli', '@coterie/core'],
    ['engine-cpg', 'node:path'],
  ];
  for (const [name, imported] of rightWay) {
    it(`allows ${imported} in ${name}`, async () => {
      assert.deepEqual(await complaints(anyFileOf(`packages/${name}/src`), `import '${imported}';\n`), []);
    });
  }

  const impure: [string, string][] = [
    ["import 'node:dgram';\n", 'no-restricted-imports'],
    ["import 'fs';\n", 'no-restricted-imports'],
    ["import 'fs/promises';\n", 'no-restricted-imports'],
    ['export const now = Date.now();\n', 'no-restricted-properties'],
    ['export const now = new Date();\n', 'no-restricted-syntax'],
    ['export const dice = Math.random();\n', 'no-restricted-properties'],
    ['setTimeout(() => {}, 1);\n', 'no-restricted-globals'],
    ['export const start = performance.now();\n', 'no-restricted-globals'],
    ['export const home = process.env;\n', 'no-restricted-globals'],
  ];
  for (const name of ['totem', 'core']) {
    const path = `packages/${name}/src/index.ts`;
    for (const [source, rule] of impure) {
      it(`refuses in ${name}: ${source.trim()}`, async () => {
        assert.deepEqual(await complaints(path, source), [rule]);
      });
    }
  }

  it('refuses a promise that nobody waits for', async () => {
    const source = 'async function work(): Promise<void> {}\nwork();\n';
    assert.deepEqual(await complaints('packages/sdk/src/index.ts', source), [
      '@typescript-eslint/no-floating-promises',
    ]);
  });
});
