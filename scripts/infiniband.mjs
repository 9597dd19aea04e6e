/**
 * `npm run test:infiniband`: the tests of test/infiniband, in an emulated machine with soft-RoCE devices that
 * test/infiniband/run starts. The last line sums them up as that of `npm test` does.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ready, root, run } from './ready.mjs';

/** Each in a process of its own: one that has used a device keeps it from being deleted. */
const files = ['controls', 'conformance', 'doctor', 'rings'];
const reporter = '--reporter scripts/reporter.mjs --reporter-option account=/run/out';
const mocha = `code=0
for file in ${files.join(' ')}; do
  node node_modules/mocha/bin/mocha.js --exit ${reporter}/$file test/dist-test/infiniband/$file.guest.js || code=1
done
exit $code`;

const total = ready() === 0 ? tested() : undefined;
const { passes, failures, pending } = total ?? { passes: 0, failures: 1, pending: 0 };
console.log(`${passes} passed, ${failures} failed, ${pending} skipped`);
process.exitCode = failures > 0 || pending > 0 ? 1 : 0;

/** The sum of the accounts of the tests, or undefined if the guest ended without one of them. */
function tested() {
  process.env.GUEST_OUT = mkdtempSync(join(tmpdir(), 'coterie-guest-'));
  process.env.GUEST_TIMEOUT ??= '1800';
  try {
    const code = run(join(root, 'test/infiniband/run'), 'bash', '-c', mocha);
    const accounts = files.map((file) => JSON.parse(readFileSync(join(process.env.GUEST_OUT, file), 'utf8')));
    const sum = (key) => accounts.reduce((total, account) => total + account[key], 0);
    const failures = sum('failures');
    return {
      passes: sum('passes'),
      failures: code === 0 ? failures : failures || 1,
      pending: sum('pending'),
    };
  } catch (error) {
    console.error(`The guest ended without an account of its tests: ${error.message}`);
    return undefined;
  } finally {
    rmSync(process.env.GUEST_OUT, { recursive: true, force: true });
  }
}
