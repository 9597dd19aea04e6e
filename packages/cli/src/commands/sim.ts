import { writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { CoterieError } from '@coterie/sdk';
import {
  Results,
  allExhaustive,
  describeRun,
  describeScript,
  runCampaign,
  type Failure,
  type ResultsData,
} from '@coterie/testkit';
import { Command, Flags } from '@oclif/core';
import { errorJson } from '../command.js';
import { interruption } from '../interruption.js';
import { paint } from '../paint.js';
import { Progress, duration } from '../sim/progress.js';
import { replay, replayFile, type Replayed } from '../sim/replay.js';
import { seedsOf, type Seeds } from '../sim/seeds.js';

/** Milliseconds between two writings of the results. */
const SAVE_EVERY = 5000;

/** What a campaign prints as JSON. */
type CampaignJson = ResultsData & { readonly complete: boolean };

export default class Sim extends Command {
  static override summary = 'Run schedules of faults on a simulated cluster and check what may never happen';
  static override description =
    'Random schedules (--seeds, or --from and --count) draw a cluster and its faults from a seed; systematic ones (--exhaustive) strike at every event of small scenarios. Exit code 1: something did not hold, or the campaign was interrupted.';
  static override enableJsonFlag = true;
  static override flags = {
    seeds: Flags.string({
      summary: 'First and last seed',
      helpValue: 'FROM..TO',
      exclusive: ['from', 'count'],
    }),
    from: Flags.integer({ summary: 'First seed; any unless told', min: 0 }),
    count: Flags.integer({ summary: 'How many random schedules; 1000 unless told', min: 1 }),
    exhaustive: Flags.boolean({ summary: 'Run the systematic schedules' }),
    workers: Flags.integer({
      summary: 'Processes at a time; as many as cores unless told',
      min: 1,
      max: 256,
    }),
    results: Flags.string({
      summary: 'File for the figures; an interrupted campaign is continued',
      helpValue: 'FILE',
    }),
    replay: Flags.string({
      ...{ summary: 'Run one schedule and print its trace', helpValue: 'SEED|NAME' },
      exclusive: ['schedule', 'seeds', 'from', 'count', 'exhaustive', 'results', 'workers'],
    }),
    schedule: Flags.string({
      ...{ summary: 'Run the schedule of a file and print its trace', helpValue: 'FILE' },
      exclusive: ['replay', 'seeds', 'from', 'count', 'exhaustive', 'results', 'workers'],
    }),
  };

  async run(): Promise<object> {
    const { flags } = await this.parse(Sim);
    if (flags.replay !== undefined) return this.show(await replay(flags.replay));
    if (flags.schedule !== undefined) return this.show(await replayFile(flags.schedule));
    const { seeds, from, count, exhaustive, results } = flags;
    const random = seeds !== undefined || from !== undefined || count !== undefined || !exhaustive;
    if (results !== undefined && random && seeds === undefined && from === undefined)
      throw new CoterieError(
        'COTERIE_E_USAGE',
        '--results needs --seeds or --from: a campaign over any seeds cannot be continued',
      );
    return this.campaign(random ? seedsOf(seeds, from, count) : undefined, exhaustive, flags);
  }

  protected override toErrorJson(error: unknown): unknown {
    return errorJson(error);
  }

  private async campaign(
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
    if (done() > 0) this.log(`Continuing ${file}: ${done()} of ${total} schedules are done.`);
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
    this.log(`${paint.bad(`Schedule ${name}: ${kind}`)}\n${account ?? what}`);
    this.log(`Again: coterie sim --replay ${name}`);
    if (script === undefined) return;
    const file = join(folder, `coterie-sim-${name}.json`);
    writeFileSync(file, `${JSON.stringify(script, undefined, 1)}\n`);
    this.log(
      `The shortest schedule found:\n${describeScript(script)}\nAgain: coterie sim --schedule ${file}\n`,
    );
  }

  private sumUp({ figures, failures, pairs }: Results, left: number, file: string | undefined): void {
    const { random, exhaustive, events, packets, simulated, seconds } = figures;
    this.log(
      `${random} random and ${exhaustive} systematic schedules in ${duration(seconds)}, ` +
        `${((random + exhaustive) / seconds).toFixed(1)} a second: ${events} events, ${packets} packets, ` +
        `${duration(simulated / 1000)} simulated; ${pairs} pairs of state and event met.`,
    );
    if (failures.length === 0) this.log(paint.good('Everything held.'));
    else this.log(paint.bad(`Failed: ${failures.map(({ name }) => name).join(' ')}`));
    if (left > 0)
      this.log(
        `Interrupted, ${left} schedules are left${file === undefined ? '' : '; the same command continues'}.`,
      );
  }

  /** The whole trace of one schedule. */
  private show({ name, run, description }: Replayed): object {
    if (description !== undefined) this.log(`${description}\n`);
    this.log(describeRun(run, Infinity));
    const { violations, trace, packets, duration: simulated } = run;
    if (violations.length > 0) process.exitCode = 1;
    this.log(`${name}: ${violations.length} violations, ${packets} packets, trace ${hex(trace.hash())}`);
    return { name, violations, packets, simulated, events: trace.events.length, hash: hex(trace.hash()) };
  }
}

function hex(hash: number): string {
  return hash.toString(16).padStart(8, '0');
}
