import assert from 'node:assert/strict';
import { campaign, replay } from './campaign.js';
import { corpus } from './corpus.js';
import { Mutator, texts } from './mutate.js';
import { decoder } from './target.js';
import { targets } from './targets/index.js';

/** Of the inputs of its full campaign, each target gets this share here, in the same order every time. */
const SHARE = 0.002;

describe('hostile input', () => {
  for (const target of targets) {
    const count = Math.ceil(target.inputs * SHARE);
    it(`does no harm: ${count} ${target.about}`, async () => {
      const { inputs, find } = await campaign(target, { count, seed: 1 });
      assert.ifError(find?.error);
      assert.equal(inputs, count);
    }).timeout(60_000);

    const regressions = corpus(target.name);
    if (regressions.length === 0) continue;
    it(`does no harm any more: ${regressions.length} ${target.about} that did`, async () => {
      for (const { inputs } of regressions) await replay(target, inputs);
    }).timeout(60_000);
  }
});

describe('a campaign', () => {
  const mutator = new Mutator(64);
  const seeds = texts('a sound input');
  const about = { name: 'planted', about: 'inputs', inputs: 100 };
  const generate = decoder({
    ...about,
    generate: (random) => mutator.next(random, { seeds }),
    decode: check,
  });

  function check(input: Uint8Array): string {
    if (input.length > 3 && input[0] === 0x61 && input[1] !== 0x20) throw new Error('planted');
    return input.length > 3 ? 'long' : 'short';
  }

  it('finds what is planted, and the least input that shows it', async () => {
    const { find, inputs } = await campaign(generate, { count: 100_000, seed: 1 });
    assert.equal(find?.error.message, 'planted');
    assert.ok(inputs <= 100_000);
    assert.deepEqual(
      find.inputs.map((input) => [...input]),
      [[0x61, 0, 0, 0]],
    );
  });

  it('gives the same inputs for the same seed, and others for another', async () => {
    const run = async (seed: number) => {
      const seen: string[] = [];
      const decode = (input: Uint8Array) => (seen.push(Buffer.from(input).toString('hex')), '');
      await campaign(decoder({ ...about, generate: (r) => mutator.next(r, { seeds }), decode }), {
        count: 50,
        seed,
      });
      return seen.join();
    };
    assert.equal(await run(7), await run(7));
    assert.notEqual(await run(7), await run(8));
  });

  it('hears of promises that are rejected and not waited for', async () => {
    const target = { ...about, length: 10, stateless: false };
    const play = () => void Promise.reject(new Error('lost'));
    const { find } = await campaign({ ...target, play }, { count: 10, seed: 1 });
    assert.equal(find?.error.message, 'lost');
  });

  it('counts an input that takes too long as a find', async () => {
    const decode = (input: Uint8Array) => {
      const end = performance.now() + (input[0] === 0x61 ? 8 : 0);
      while (performance.now() < end);
      return '';
    };
    const slow = decoder({ ...about, generate: (random) => mutator.next(random, { seeds }), decode });
    const { find } = await campaign(slow, { count: 20, seed: 1 });
    assert.match(find?.error.message ?? '', /^an input took \d/);
  });
});
