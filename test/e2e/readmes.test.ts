import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { project } from '../interop/nodes.js';
import { until } from '../interop/until.js';
import { describeWith, program } from '../needs.js';
import { withRing } from './with-ring.js';

const PATIENCE = 30_000;

interface Example {
  readonly prints: readonly RegExp[];
  /** It ends by itself, with status 0. */
  readonly ends: boolean;
}

/** The programs in the README of each package, in the order in which they stand there. */
const examples: Record<string, readonly Example[]> = {
  'engine-cfg': [{ prints: [/^1 \[.*\] \[.*\] \[\]$/m, /^in force everywhere$/m], ends: true }],
  'engine-confdb': [
    { prints: [/^app\.colour \{ type: 11, value: 'green' \}$/m], ends: false },
    {
      prints: [
        /^node \{ type: 6, value: 1 \}$/m,
        /^visitors 42$/m,
        /^add visitors\nmodify visitors\ndelete visitors\n/m,
      ],
      ends: true,
    },
  ],
  'engine-cpg': [
    {
      prints: [/^members \[ \{ nodeId: 1, pid: \d+ \} \] left \[\]$/m, /^\{ nodeId: 1, pid: \d+ \} hello$/m],
      ends: false,
    },
  ],
  'engine-quorum': [{ prints: [/quorate: true/, /^true \[ 1 \]$/m], ends: false }],
  'engine-sam': [{ prints: [/^instance 1 /m], ends: true }],
};

/** The code blocks of a package's README, each a module of its own. */
function blocksOf(name: string): string[] {
  const page = readFileSync(join(project, 'packages', name, 'README.md'), 'utf8');
  return Array.from(page.matchAll(/^```ts\n([^]*?)^```$/gm), ([, code]) => code!);
}

describeWith([program('setpriv')], 'the examples in the READMEs of the engines', function () {
  this.timeout(120_000);
  let folder: string;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'coterie-readmes-'));
    symlinkSync(join(project, 'node_modules'), join(folder, 'node_modules'));
    for (const name of Object.keys(examples))
      blocksOf(name).forEach((code, i) => writeFileSync(join(folder, `${name}-${i}.ts`), code));
    const compilerOptions = {
      ...{ target: 'ES2022', lib: ['ES2023', 'ESNext.Disposable'], module: 'NodeNext', strict: true },
      ...{ types: ['node'], skipLibCheck: true },
    };
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
    execFileSync(process.execPath, ['node_modules/typescript/bin/tsc'], { cwd: folder, stdio: 'inherit' });
  });

  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('say what they do', async () => {
    await withRing({ nodes: 1 }, async (cluster) => {
      const { runDir } = cluster.node(1);
      for (const [name, programs] of Object.entries(examples)) {
        assert.equal(blocksOf(name).length, programs.length, name);
        for (const [i, example] of programs.entries())
          await mustDo(join(folder, `${name}-${i}.js`), runDir, example);
      }
    });
  });
});

async function mustDo(file: string, runDir: string, { prints, ends }: Example): Promise<void> {
  const child = spawn(process.execPath, [file], {
    env: { ...process.env, COTERIE_RUN_DIR: runDir },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  try {
    await until(`what ${file} prints`, PATIENCE, () => {
      if (child.exitCode !== null && child.exitCode !== 0) throw new Error(`${file} failed: ${text}`);
      const missing = prints.find((line) => !line.test(text));
      if (missing !== undefined) return `no ${String(missing)} in ${text}`;
      return ends && child.exitCode === null ? 'it still runs' : undefined;
    });
  } finally {
    child.kill('SIGKILL');
  }
}
