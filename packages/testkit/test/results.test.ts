import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Results, runCampaign, type ResultsData } from '@coterie/testkit';

describe('results of a campaign', function () {
  this.timeout(120_000);

  let folder: string;
  let file: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'coterie-results-'));
    file = join(folder, 'results.json');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const read = () => JSON.parse(readFileSync(file, 'utf8')) as ResultsData;

  it('of two halves are those of the whole', async () => {
    const names = ['boot/2/kill/1@9', 'boot/2/kill/1@10'];
    const whole = await runCampaign({ seeds: [7, 12], exhaustive: names, workers: 2 });
    const stop = new AbortController();
    const interrupted = Results.open(file);
    await runCampaign({
      ...{ seeds: [7, 12], exhaustive: names, workers: 2, results: interrupted, signal: stop.signal },
      onProgress: () => stop.abort(),
    });
    assert.equal(interrupted.figures.exhaustive, 1);
    assert.equal(interrupted.figures.random, 0);
    interrupted.save(file);
    const continued = await runCampaign({ seeds: [7, 12], exhaustive: names, results: Results.open(file) });
    const { figures, seeds, exhaustive, coverage } = continued.toJSON();
    assert.deepEqual(seeds, [[7, 12]]);
    assert.deepEqual(exhaustive, [[0, 1]]);
    assert.deepEqual(coverage, whole.toJSON().coverage);
    assert.ok(figures.seconds > interrupted.figures.seconds);
    const { seconds: _, simulated, ...exact } = figures;
    const { seconds: __, simulated: wholly, ...expected } = whole.figures;
    assert.deepEqual(exact, expected);
    // The order of its sum is that of the answers.
    assert.ok(Math.abs(simulated - wholly) < 0.001);
  });

  it('are in the file as they were before, with nothing beside it', () => {
    const results = Results.open(file);
    results.ranOn(3);
    results.seeds.add(5);
    results.failures.push({ name: '5', kind: 'crash', what: 'it ended' });
    results.save(file);
    assert.deepEqual(Results.open(file).toJSON(), read());
    assert.deepEqual(read().failures, [{ name: '5', kind: 'crash', what: 'it ended' }]);
    assert.equal(read().machines[0]?.workers, 3);
    assert.deepEqual(readdirSync(folder), ['results.json']);
  });

  it('of other code are not continued', () => {
    new Results({ version: 'v0', hash: '0123456789abcdef' }).save(file);
    assert.throws(() => Results.open(file), { code: 'COTERIE_E_SIM_RESULTS', message: /of other code: v0/ });
  });

  for (const [what, text, reason] of [
    ['no JSON', '{', /not JSON/],
    ['something else', '{"format":2}', /format|required/],
    ['ranges that are none', undefined, /seeds/],
  ] as const) {
    it(`are not read from ${what}`, () => {
      const results = { ...new Results().toJSON(), seeds: [[1]] };
      writeFileSync(file, text ?? JSON.stringify(results));
      assert.throws(() => Results.open(file), { code: 'COTERIE_E_SIM_RESULTS', message: reason });
    });
  }

  it('keep numbers as ranges, in whatever order they come', () => {
    const { seeds } = new Results();
    for (const seed of [5, 3, 9, 4, 4, 8, 1, 2, 6, 7]) seeds.add(seed);
    assert.deepEqual(seeds.toJSON(), [[1, 9]]);
    seeds.add(20);
    seeds.add(12);
    assert.deepEqual(seeds.toJSON(), [
      [1, 9],
      [12, 12],
      [20, 20],
    ]);
    assert.equal(seeds.count([8, 20]), 4);
    assert.ok(seeds.has(12) && !seeds.has(13));
  });
});
