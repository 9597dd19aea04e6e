/**
 * `npm run fuzz -- TARGET [COUNT] [SEED]`: gives a target hostile input, as much of it as its full campaign has unless
 * told. `npm run fuzz -- TARGET FILE` gives it what a file of the corpus holds. Without arguments: what targets there are.
 */
import { relative } from 'node:path';
import { existsSync } from 'node:fs';
import { campaign, replay, type Campaign } from './campaign.js';
import { read, store } from './corpus.js';
import type { Target } from './target.js';
import { targets } from './targets/index.js';

/** Milliseconds between lines of progress. */
const PACE = 5000;
/** Bytes that the heap may have grown by at the end: what the runtime itself keeps differs by less. */
const GROWTH = 4 * 2 ** 20;

const [name, what, seed = '1'] = process.argv.slice(2);
const target = targets.find((each) => each.name === name);
if (target === undefined) {
  for (const each of targets) console.log(`${each.name.padEnd(10)} ${each.about} (${each.inputs} inputs)`);
  process.exitCode = name === undefined ? 0 : 2;
} else if (what !== undefined && existsSync(what)) {
  await replay(target, read(what).inputs);
  console.log(`${what}: no harm done`);
} else {
  const count = what === undefined ? target.inputs : Number(what);
  if (!Number.isSafeInteger(count) || count < 1)
    throw new RangeError(`${what} is neither a count nor a file`);
  process.exitCode = (await run(target, count, Number(seed))) ? 0 : 1;
}

async function run(chosen: Target, count: number, from: number): Promise<boolean> {
  let said = performance.now();
  const began = said;
  const result = await campaign(chosen, {
    ...{ count, seed: from },
    onProgress(done) {
      if (performance.now() < said + PACE) return;
      said = performance.now();
      const share = ((100 * done) / count).toFixed(1).padStart(5);
      console.log(`${share} %  ${done} inputs  ${Math.round((1000 * done) / (said - began))} a second`);
    },
  });
  console.log(describe(chosen, from, result));
  if (result.find === undefined) return growth(result.heap) < GROWTH;
  const { inputs, error } = result.find;
  const file = relative(process.cwd(), store(chosen.name, inputs, error.message));
  console.log(`\n${error.stack}\n\nInput:`);
  for (const input of inputs) console.log(Buffer.from(input).toString('hex'));
  console.log(`\nKept as a regression. To see it again:\n  npm run fuzz -- ${chosen.name} ${file}`);
  return false;
}

function describe(
  { name: of }: Target,
  from: number,
  { inputs, seconds, slowest, outcomes, heap }: Campaign,
): string {
  const mebibytes = (bytes: number | undefined) => ((bytes ?? NaN) / 2 ** 20).toFixed(1);
  const lines = [
    `${of}: ${inputs} inputs from seed ${from} in ${seconds.toFixed(1)} s, ${Math.round(inputs / seconds)} a second`,
    `slowest input: ${slowest.toFixed(2)} ms`,
    `heap at rest: ${mebibytes(heap[0])} MiB first, ${mebibytes(heap.at(-1))} MiB last, of ${heap.length} looks`,
  ];
  const counted = [...outcomes].sort((a, b) => b[1] - a[1]).map(([outcome, times]) => `${outcome} ${times}`);
  return [...lines, `outcomes: ${counted.join(', ')}`].join('\n');
}

/** Bytes by which the second half of the looks is above the first: the means tell more than two single looks. */
function growth(heap: readonly number[]): number {
  const half = Math.floor(heap.length / 2);
  if (half === 0) return 0;
  const mean = (looks: readonly number[]) => looks.reduce((sum, bytes) => sum + bytes, 0) / looks.length;
  return mean(heap.slice(-half)) - mean(heap.slice(0, half));
}
