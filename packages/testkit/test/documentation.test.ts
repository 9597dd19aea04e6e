import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../../..');
const PAGE = join(ROOT, 'docs/testing-an-engine.md');
/** Lines that the page may ask an author to write for a test. */
const FEW = 20;

/** What mocha's JSON reporter tells. */
interface Result {
  readonly stats: { readonly passes: number; readonly failures: number };
  readonly tests: readonly { readonly duration: number; readonly err: { readonly message?: string } }[];
}

describe('docs/testing-an-engine.md', function () {
  this.timeout(120_000);
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'coterie-documentation-'));
    symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  });

  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('has an engine and a test that compile and pass as they stand there', function () {
    const blocks = new Map<string, string>();
    for (const [, name, code] of readFileSync(PAGE, 'utf8').matchAll(
      /```ts\n\/\/ ([a-z.-]+\.ts)\n([^]*?)```/g,
    ))
      blocks.set(name!, code!);
    for (const [name, code] of blocks) writeFileSync(join(folder, name), code);
    const tests = [...blocks].filter(([name]) => name.endsWith('.test.ts'));
    assert.equal(tests.length, 1);
    compile(folder);
    const { stats, tests: run } = mocha(folder);
    assert.deepEqual(stats, { ...stats, passes: 1, failures: 0 }, run[0]?.err.message);
    const lines = tests[0]![1].trim().split('\n').length;
    console.log(`      its test has ${lines} lines and took ${run[0]?.duration} ms`);
    assert.ok(lines < FEW, `${lines} lines`);
  });
});

function compile(folder: string): void {
  const compilerOptions = {
    ...{ target: 'ES2022', lib: ['ES2023'], module: 'NodeNext', strict: true, types: ['node', 'mocha'] },
    ...{ experimentalDecorators: true, skipLibCheck: true },
  };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
  node(folder, 'node_modules/typescript/bin/tsc');
}

function mocha(folder: string): Result {
  return JSON.parse(
    node(folder, 'node_modules/mocha/bin/mocha.js', '--reporter', 'json', '*.test.js'),
  ) as Result;
}

/** What a program prints. @throws Error with that if the program fails */
function node(folder: string, program: string, ...args: string[]): string {
  try {
    return execFileSync(process.execPath, [program, ...args], { cwd: folder, encoding: 'utf8' });
  } catch (error) {
    const { stdout } = error as { stdout?: string };
    throw new Error(`${program} failed:\n${stdout}`, { cause: error });
  }
}
