import assert from 'node:assert/strict';
import { describeRun, runCampaign, runSchedule, runScript, type Script } from '@coterie/testkit';

/** Seeds of every run of the tests; `coterie sim` runs others, and more. */
const SEEDS = { from: 1000, count: 180, batch: 30 };

describe('random schedules', function () {
  this.timeout(180_000);

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

  it('are described by what led to the first violation, one line an event, and by all violations', async () => {
    const outcome = await runSchedule(7);
    const { events } = outcome.trace;
    const { at } = events[100]!;
    const violations = [
      { property: 'C1', message: 'made up', at },
      { property: 'L3', message: 'too', at: outcome.duration },
    ];
    const lines = describeRun({ ...outcome, violations }, 10).split('\n');
    assert.equal(lines.length, 14);
    assert.match(lines[0] ?? '', /^\(\d+ lines before\)$/);
    for (const line of lines.slice(1, 11)) assert.match(line, /^ *[0-9]+\.[0-9]{3} (-|\d+\.\d+) +[a-z-]+/);
    assert.ok(lines[10]?.trimStart().startsWith(at.toFixed(3)));
    assert.match(lines[11] ?? '', /^\(\d+ lines after\)$/);
    assert.deepEqual(lines.slice(12), [
      `C1 at ${at.toFixed(3)} ms: made up`,
      `L3 at ${outcome.duration.toFixed(3)} ms: too`,
    ]);
    assert.equal(describeRun(outcome, Infinity), outcome.trace.text());
  });
});
