/**
 * `npm test`: install, build, lint, then every suite. The last line sums the suites up. A suite that cannot run
 * here says why and counts as skipped; with CI=true, where everything must be there, a skip is a failure.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ready, root, run } from './ready.mjs';

/** A mocha process each: what is pure and quick, then what starts daemons, opens sockets or needs a quiet machine. */
const suites = ['packages/*/dist-test/**/*.test.js', 'test/dist-test/**/*.test.js'];

const total = { passes: 0, failures: 0, pending: 0 };
const failed = ready();
if (failed !== 0) {
  total.failures++;
} else {
  if (run('npm', 'run', '--silent', 'lint') !== 0) total.failures++;
  for (const suite of suites) add(mocha(suite));
}

const inCi = process.env.CI === 'true';
if (inCi && total.pending > 0)
  console.error('Skipped tests are failures where CI=true: something they need is missing.');
console.log(`${total.passes} passed, ${total.failures} failed, ${total.pending} skipped`);
process.exitCode = total.failures > 0 || (inCi && total.pending > 0) ? 1 : 0;

function add(stats) {
  for (const key of Object.keys(total)) total[key] += stats[key];
}

/** Runs the test files of a pattern. A process that ends without its account, or badly without a failure, is one failure. */
function mocha(pattern) {
  const folder = mkdtempSync(join(tmpdir(), 'coterie-test-'));
  const account = join(folder, 'stats.json');
  try {
    const reporter = join(root, 'scripts', 'reporter.mjs');
    const code = run(
      'npx',
      'mocha',
      '--reporter',
      reporter,
      '--reporter-option',
      `account=${account}`,
      pattern,
    );
    const stats = JSON.parse(readFileSync(account, 'utf8'));
    return code !== 0 && stats.failures === 0 ? { ...stats, failures: 1 } : stats;
  } catch (error) {
    console.error(`The suite ${pattern} ended without its account: ${error.message}`);
    return { passes: 0, failures: 1, pending: 0 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
