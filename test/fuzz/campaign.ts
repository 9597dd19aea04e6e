import { Prng } from '@coterie/testkit';
import { shrink } from './shrink.js';
import { Source } from './source.js';
import type { Target } from './target.js';

/** Milliseconds that one input may take. */
export const TOO_LONG = 5;
/** A slow input is run so often: the fastest counts, for a collection of garbage or another process may come between. */
const REPEATS = 8;
/** Milliseconds below which no input is run again. */
const WORTH_A_LOOK = 0.2;
/** How often the heap is measured while a stateless target runs. */
const LOOKS = 20;

export interface Find {
  readonly inputs: readonly Uint8Array[];
  readonly error: Error;
}

export interface Campaign {
  readonly inputs: number;
  readonly seconds: number;
  /** Milliseconds of the slowest input. */
  readonly slowest: number;
  readonly outcomes: ReadonlyMap<string, number>;
  /** Bytes of the heap when the target had come to rest, garbage collected; none without `node --expose-gc`. */
  readonly heap: readonly number[];
  readonly find: Find | undefined;
}

export interface CampaignOptions {
  readonly count: number;
  readonly seed: number;
  /** Hears now and then how many inputs there were. */
  onProgress?(done: number): void;
}

/** Gives the target `count` inputs, or as many as it takes to do harm. The same seed gives the same inputs. */
export async function campaign(target: Target, options: CampaignOptions): Promise<Campaign> {
  const { count, seed, onProgress } = options;
  const random = new Prng(seed);
  const outcomes = new Map<string, number>();
  const memory = new Memory(count);
  const began = performance.now();
  let slowest = 0;
  let done = 0;
  let find: Find | undefined;
  while (done < count && find === undefined) {
    const length = Math.min(target.length, count - done);
    const source = Source.fresh(random.fork(), length, !target.stateless, () => memory.measure());
    const looks = memory.heap.length;
    const error = await attempt(target, source);
    done += length - source.left;
    for (const [outcome, times] of source.outcomes)
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + times);
    if (memory.heap.length === looks) memory.passed(done);
    if (error === undefined) {
      const slow = await slowestOf(target, source, slowest);
      slowest = Math.max(slowest, slow.took);
      if (slow.took > TOO_LONG) find = { inputs: slow.inputs, error: tookTooLong(slow.took) };
    } else {
      find = { inputs: await shrunk(target, source.taken, error), error };
    }
    onProgress?.(done);
  }
  const seconds = (performance.now() - began) / 1000;
  return { inputs: done, seconds, slowest, outcomes, heap: memory.heap, find };
}

/** Gives the target recorded inputs. @throws what it throws, and Error for an input that takes too long */
export async function replay(target: Target, inputs: readonly Uint8Array[]): Promise<void> {
  const source = Source.of(inputs);
  const error = await attempt(target, source);
  if (error !== undefined) throw error;
  const { took } = await bestTimes(target, inputs, source.times, TOO_LONG);
  if (took > TOO_LONG) throw tookTooLong(took);
}

/** What the target threw, at once or in a promise that nobody waited for. */
async function attempt(target: Target, source: Source): Promise<Error | undefined> {
  let failed: unknown;
  const lost = (reason: unknown) => (failed ??= reason);
  process.on('unhandledRejection', lost);
  try {
    await target.play(source);
    await new Promise((resolve) => setImmediate(resolve));
  } catch (error) {
    failed = error;
  } finally {
    process.off('unhandledRejection', lost);
  }
  if (failed === undefined) return undefined;
  return failed instanceof Error ? failed : new Error(String(failed));
}

async function shrunk(
  target: Target,
  inputs: readonly Uint8Array[],
  error: Error,
): Promise<readonly Uint8Array[]> {
  const fails = async (fewer: readonly Uint8Array[]) =>
    failure(await attempt(target, Source.of(fewer))) === failure(error);
  return (await fails(inputs)) ? shrink(inputs, fails) : inputs;
}

/** What kind of failure it is: its first line without the numbers in it. */
function failure(error: Error | undefined): string | undefined {
  return error?.message.split('\n')[0]?.replace(/\d+/g, '0');
}

interface Slow {
  readonly took: number;
  readonly inputs: readonly Uint8Array[];
}

/** The slowest input of a run, if it takes longer than `known`, with all that leads to it. */
function slowestOf(target: Target, source: Source, known: number): Promise<Slow> {
  const { slowest } = source;
  if (!target.stateless) return bestTimes(target, source.taken, source.times, known);
  return slowest === undefined
    ? Promise.resolve({ took: 0, inputs: [] })
    : bestTimes(target, [slowest.input], [slowest.took], known);
}

/** Repeats inputs until none takes longer than `known`, or a few times. Counts the best time of each. */
async function bestTimes(
  target: Target,
  inputs: readonly Uint8Array[],
  times: readonly number[],
  known: number,
): Promise<Slow> {
  let best = times;
  for (let left = REPEATS; left > 0 && longest(best) > Math.max(known, WORTH_A_LOOK); left--) {
    const again = Source.of(inputs);
    await attempt(target, again);
    best = best.map((time, i) => Math.min(time, again.times[i] ?? Infinity));
  }
  return { took: longest(best), inputs };
}

function longest(times: readonly number[]): number {
  return times.reduce((most, time) => Math.max(most, time), 0);
}

function tookTooLong(milliseconds: number): Error {
  return new Error(`an input took ${milliseconds.toFixed(1)} ms`);
}

/** The heap at moments of rest, without garbage. */
class Memory {
  readonly heap: number[] = [];
  private next: number;

  /** @param count inputs of the campaign */
  constructor(private readonly count: number) {
    this.next = count / LOOKS;
  }

  measure(): void {
    if (globalThis.gc === undefined) return;
    globalThis.gc();
    this.heap.push(process.memoryUsage().heapUsed);
  }

  /** So many inputs have passed a target that keeps nothing from run to run. */
  passed(inputs: number): void {
    if (inputs < this.next) return;
    this.next += this.count / LOOKS;
    this.measure();
  }
}
