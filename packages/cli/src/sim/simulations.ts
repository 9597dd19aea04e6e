import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import {
  Results,
  allExhaustive,
  describeRun,
  describeScript,
  runCampaign,
  type Failure,
  type ResultsData,
} from '@coterie/testkit';
import { interruption } from '../interruption.js';
import { paint } from '../paint.js';
import { Progress, duration } from './progress.js';
import { replay, replayFile, type Replayed } from './replay.js';
import type { Seeds } from './seeds.js';

/** Milliseconds between two writings of the results. */
const SAVE_EVERY = 5000;

/** What a campaign prints as JSON. */
type CampaignJson = ResultsData & { readonly complete: boolean };

/** Runs campaigns and single schedules, and prints what comes of them. */
export class Simulations {
  constructor(private readonly print: (line: string) => void) {}

  /** @param what a seed or the name of a systematic schedule */
  async replay(what: string): Promise<object> {
    return this.show(await replay(what));
  }

  async replayFile(file: string): Promise<object> {
    return this.show(await replayFile(file));
  }

  async campaign(
    seeds: Seeds | undefined,
    systematic: boolean,
    {
      results: file,
      workers = availableParallelism(),
    }: { results?: string | undefined; workers?: number | undefined },
  ): Promise<CampaignJson> {
    const results = file === undefined ? new Results() : Results.open(file);
    const exhaustive = systematic ? await allExhaustive() : [];
    const places = [0, exhaustive.length - 1] as const;
    const total = exhaustive.length + (seeds === undefined ? 0 : seeds[1] - seeds[0] + 1);
    const done = () =>
      results.exhaustive.count(places) + (seeds === undefined ? 0 : results.seeds.count(seeds));
    if (done() > 0) this.print(`Continuing ${file}: ${done()} of ${total} schedules are done.`);
    const progress = new Progress(results, total, done);
    let saved = performance.now();
    try {
      await runCampaign({
        ...{ seeds, exhaustive, workers, results, signal: interruption() },
        onProgress: () => {
          progress.update();
          if (file === undefined || performance.now() - saved < SAVE_EVERY) return;
          results.save(file);
          saved = performance.now();
        },
        onFailure: (failure, account) => {
          progress.clear();
          this.tell(failure, account, dirname(file ?? '.'));
        },
      });
    } finally {
      progress.clear();
      if (file !== undefined) results.save(file);
    }
    const left = total - done();
    const { failures } = results;
    if (left > 0 || failures.length > 0) process.exitCode = 1;
    this.sumUp(results, left, file);
    return { ...results.toJSON(), complete: left === 0 };
  }

  /** The failure, the end of its trace, and how to see it again. */
  private tell({ name, kind, what, script }: Failure, account: string | undefined, folder: string): void {
    this.print(`${paint.bad(`Schedule ${name}: ${kind}`)}\n${account ?? what}`);
    this.print(`Again: coterie sim --replay ${name}`);
    if (script === undefined) return;
    const file = join(folder, `coterie-sim-${name}.json`);
    writeFileSync(file, `${JSON.stringify(script, undefined, 1)}\n`);
    this.print(
      `The shortest schedule found:\n${describeScript(script)}\nAgain: coterie sim --schedule ${file}\n`,
    );
  }

  private sumUp({ figures, failures, pairs }: Results, left: number, file: string | undefined): void {
    const { random, exhaustive, events, packets, simulated, seconds } = figures;
    this.print(
      `${random} random and ${exhaustive} systematic schedules in ${duration(seconds)}, ` +
        `${((random + exhaustive) / seconds).toFixed(1)} a second: ${events} events, ${packets} packets, ` +
        `${duration(simulated / 1000)} simulated; ${pairs} pairs of state and event met.`,
    );
    if (failures.length === 0) this.print(paint.good('Everything held.'));
    else this.print(paint.bad(`Failed: ${failures.map(({ name }) => name).join(' ')}`));
    if (left > 0)
      this.print(
        `Interrupted, ${left} schedules are left${file === undefined ? '' : '; the same command continues'}.`,
      );
  }

  /** The whole trace of one schedule. */
  private show({ name, run, description }: Replayed): object {
    if (description !== undefined) this.print(`${description}\n`);
    this.print(describeRun(run, Infinity));
    const { violations, trace, packets, duration: simulated } = run;
    if (violations.length > 0) process.exitCode = 1;
    this.print(`${name}: ${violations.length} violations, ${packets} packets, trace ${hex(trace.hash())}`);
    return { name, violations, packets, simulated, events: trace.events.length, hash: hex(trace.hash()) };
  }
}

function hex(hash: number): string {
  return hash.toString(16).padStart(8, '0');
}
