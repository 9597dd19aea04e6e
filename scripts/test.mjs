/**
 * `npm test`: install, build, lint, then every suite; `npm run test:interop`, with the suites as arguments: install,
 * build, then these. The last line sums the suites up. A suite that cannot run here says why and counts as skipped; with
 * CI=true, where everything must be there, a skip is a failure.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ready, root, run } from './ready.mjs';

/**
 * A mocha process each, the longest first, three at a time: daemons mostly wait, so that they run beside the tests that
 * compute. What a suite prints appears when it has ended.
 */
const suites = [
  '{packages,examples}/*/dist-test/**/*.test.js',
  'test/dist-test/!(interop|e2e)/**/!(tutorial).test.js',
  'test/dist-test/e2e/rings.test.js',
  // It publishes and installs everything several times over.
  'test/dist-test/packaging/tutorial.test.js',
  'test/dist-test/e2e/!(rings).test.js',
];
const AT_A_TIME = 3;
const chosen = process.argv.slice(2);

const total = { passes: 0, failures: 0, pending: 0 };
if (ready() !== 0) {
  total.failures++;
} else {
  if (chosen.length === 0 && run('npm', 'run', '--silent', 'lint') !== 0) total.failures++;
  const waiting = (chosen.length > 0 ? chosen : suites).values();
  await Promise.all(Array.from({ length: AT_A_TIME }, () => runInTurn(waiting)));
}

const inCi = process.env.CI === 'true';
if (inCi && total.pending > 0)
  console.error('Skipped tests are failures where CI=true: something they need is missing.');
console.log(`${total.passes} passed, ${total.failures} failed, ${total.pending} skipped`);
process.exitCode = total.failures > 0 || (inCi && total.pending > 0) ? 1 : 0;

/** Takes one suite after the other from those that nobody has begun with. */
async function runInTurn(waiting) {
  for (const suite of waiting) {
    const { stats, output } = await mocha(suite);
    process.stdout.write(output);
    for (const key of Object.keys(total)) total[key] += stats[key];
  }
}

/** Runs the test files of a pattern. A process that ends without its account, or badly without a failure, is one failure. */
async function mocha(pattern) {
  const folder = mkdtempSync(join(tmpdir(), 'coterie-test-'));
  const account = join(folder, 'stats.json');
  const program = join(root, 'node_modules', 'mocha', 'bin', 'mocha.js');
  const reporter = [
    '--reporter',
    join(root, 'scripts', 'reporter.mjs'),
    '--reporter-option',
    `account=${account}`,
  ];
  const child = spawn(process.execPath, [program, ...reporter, pattern], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const chunks = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => chunks.push(chunk));
  const code = await new Promise((resolve) => child.once('close', resolve));
  try {
    const stats = JSON.parse(readFileSync(account, 'utf8'));
    if (code !== 0 && stats.failures === 0) stats.failures = 1;
    return { stats, output: Buffer.concat(chunks) };
  } catch (error) {
    const end = `The suite ${pattern} ended without its account: ${error.message}\n`;
    return {
      stats: { passes: 0, failures: 1, pending: 0 },
      output: Buffer.concat([...chunks, Buffer.from(end)]),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
