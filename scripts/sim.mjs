/**
 * `npm run sim -- [first seed] [count]`: random schedules of faults on a simulated cluster. Prints what it finds,
 * with the seed to find it again; the exit status tells whether it found anything.
 */
import { describeOutcome, runCampaign } from '../packages/testkit/dist/index.js';

const [from = Date.now() % 1_000_000_000, count = 1000] = process.argv.slice(2).map(Number);
const began = performance.now();
let done = 0;
const { failed, duration, packets } = await runCampaign({
  from,
  count,
  onOutcome: (outcome) => {
    done++;
    if (outcome.violations.length > 0) console.log(`${describeOutcome(outcome)}\n`);
    if (done % 100 === 0) console.log(`${done} of ${count} schedules, up to seed ${outcome.seed}`);
  },
});
const seconds = (performance.now() - began) / 1000;
console.log(
  `${count} schedules from seed ${from}: ${failed.length} with violations; ${(duration / 3_600_000).toFixed(1)} ` +
    `simulated hours, ${packets} packets, ${(count / seconds).toFixed(1)} schedules a second`,
);
process.exitCode = failed.length > 0 ? 1 : 0;
