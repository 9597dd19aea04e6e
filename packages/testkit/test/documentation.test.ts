import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { cluster, type SimulatedCluster } from '@coterie/testkit';

const ROOT = resolve(import.meta.dirname, '../../..');
const PAGE = join(ROOT, 'docs/testing-an-engine.md');
/** Lines that the page may ask an author to write for a test. */
const FEW = 20;

/** What mocha's JSON reporter tells. */
interface Result {
  readonly stats: { readonly passes: number };
  readonly tests: readonly { readonly duration: number }[];
}

describe('docs/testing-an-engine.md', function () {
  this.timeout(120_000);
  let folder: string;
  const blocks = new Map<string, string>();

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'coterie-documentation-'));
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
    for (const [, name, code] of readFileSync(PAGE, 'utf8').matchAll(/```ts\n\/\/ ([a-z.-]+)\n([^]*?)```/g))
      blocks.set(name!, code!);
    for (const [name, code] of blocks) writeFileSync(join(folder, name), code);
    const compilerOptions = {
      ...{ target: 'ES2022', lib: ['ES2023'], module: 'NodeNext', strict: true, types: ['node', 'mocha'] },
      ...{ experimentalDecorators: true, skipLibCheck: true },
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
    node(folder, 'node_modules/typescript/bin/tsc');
  });

  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('has an engine and a test of it that pass as they stand there', () => {
    const lines = blocks.get('sum.test.ts')!.trim().split('\n').length;
    const output = node(folder, 'node_modules/mocha/bin/mocha.js', '--reporter', 'json', 'sum.test.js');
    const { stats, tests } = JSON.parse(output) as Result;
    assert.equal(stats.passes, 1);
    console.log(`      its test has ${lines} lines and took ${tests[0]?.duration} ms`);
    assert.ok(lines < FEW, `${lines} lines`);
  });

  it('lists faults that a cluster can be made to suffer, and gets over', async () => {
    const { faults } = (await import(pathToFileURL(join(folder, 'faults.js')).href)) as {
      faults: Record<string, (c: SimulatedCluster) => void>;
    };
    for (const [name, strike] of Object.entries(faults)) {
      const c = cluster({ nodes: 5 });
      c.start();
      await c.settled();
      strike(c);
      await c.run(3000);
      c.network.calm();
      for (const id of c.ids) {
        c.disk(id).full = c.disk(id).syncFails = false;
        if (c.alive(id) === undefined) c.start(id);
      }
      assert.ok(await c.runUntil(() => c.stable && c.nodes.length === 5, 20_000), name);
    }
  });
});

/** What a program prints. @throws Error with that if the program fails */
function node(folder: string, program: string, ...args: string[]): string {
  try {
    return execFileSync(process.execPath, [program, ...args], { cwd: folder, encoding: 'utf8' });
  } catch (error) {
    const { stdout } = error as { stdout?: string };
    throw new Error(`${program} failed:\n${stdout}`, { cause: error });
  }
}
