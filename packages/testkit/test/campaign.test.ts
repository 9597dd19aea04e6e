import assert from 'node:assert/strict';
import { describeRun, runCampaign, runSchedule, runScript, type Script } from '@coterie/testkit';

/** Schedules that found a bug once. */
const regressions: Readonly<Record<number, string>> = {
  19: 'a node that could not receive gave everybody up and never formed a ring again',
  24: 'more messages to recover than the window of the new ring holds',
  1041: 'the leave and join of processes lost with the end of a message cut by a change of the ring',
};

/** Seeds of every run of the tests; `coterie sim` runs others, and more. */
const SEEDS = { from: 1000, count: 300, batch: 60 };

describe('random schedules', function () {
  this.timeout(120_000);

  for (const [seed, what] of Object.entries(regressions)) {
    it(`do not bring back: ${what} (seed ${seed})`, async () => {
      const outcome = await runSchedule(Number(seed));
      assert.ok(outcome.violations.length === 0, describeRun(outcome));
    });
  }

  for (let from = SEEDS.from; from < SEEDS.from + SEEDS.count; from += SEEDS.batch) {
    const last = from + SEEDS.batch - 1;
    it(`leave everything as it should be (seeds ${from} to ${last}), on all cores`, async () => {
      const accounts: (string | undefined)[] = [];
      const { figures, failures } = await runCampaign({
        seeds: [from, last],
        onFailure: (_, account) => accounts.push(account),
      });
      assert.deepEqual(failures, [], accounts.join('\n\n'));
      assert.equal(figures.random, SEEDS.batch);
      assert.ok(figures.packets > 1000 * SEEDS.batch, `only ${figures.packets} packets`);
    });
  }

  it('give the same trace for the same seed, and another for another', async () => {
    const first = await runSchedule(7);
    const again = await runSchedule(7);
    assert.equal(again.trace.hash(), first.trace.hash());
    assert.equal(again.trace.text(), first.trace.text());
    assert.notEqual((await runSchedule(8)).trace.hash(), first.trace.hash());
  });

  it('are the same when they are run again step by step, read from JSON', async () => {
    for (let seed = 2000; seed < 2010; seed++) {
      const { script, trace } = await runSchedule(seed);
      const again = await runScript(JSON.parse(JSON.stringify(script)) as Script);
      assert.equal(again.trace.text(), trace.text());
    }
  });

  it('are described by one line an event and by what does not hold', async () => {
    const outcome = await runSchedule(7);
    outcome.trace.violate('L3', 'made up');
    const lines = describeRun(outcome, 10).split('\n');
    assert.equal(lines.length, 12);
    assert.match(lines[0] ?? '', /^\(\d+ lines before\)$/);
    for (const line of lines.slice(1, -1)) assert.match(line, /^ *[0-9]+\.[0-9]{3} (-|\d+\.\d+) +[a-z-]+/);
    assert.match(lines.at(-1) ?? '', /^L3 at [0-9.]+ ms: made up$/);
  });
});
