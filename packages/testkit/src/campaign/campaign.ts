import { availableParallelism } from 'node:os';
import { exhaustiveNames } from './exhaustive.js';
import type { Job, JobReport } from './job.js';
import { Pool, type Answer } from './pool.js';
import type { Range } from './ranges.js';
import { Results, type Failure } from './results.js';

/** Milliseconds without a sign of life after which a schedule counts as hanging. */
const PATIENCE = 900_000;
/** Every so many seeds are run twice, to see that they give the same trace. */
const REPEAT = 100;
/** Of so many failures the shortest schedule is looked for. */
const SHRINK_AT_MOST = 5;

export interface CampaignOptions {
  /** Random schedules: first and last seed, 0 to 2^32 - 1. */
  readonly seeds?: Range | undefined;
  /** Names of systematic schedules: all of them, in their order. */
  readonly exhaustive?: readonly string[] | undefined;
  /** Processes at a time; as many as there are cores unless told. */
  readonly workers?: number | undefined;
  /** Results to be continued. */
  readonly results?: Results | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Hears of each schedule when it has been counted. */
  readonly onProgress?: () => void;
  /**
   * Hears of each failure, when its shortest schedule has been found. `account`: what does not hold and the end of
   * the trace, for people; undefined if the process was lost.
   */
  readonly onFailure?: (failure: Failure, account: string | undefined) => void;
}

/** The names of all systematic schedules. */
export async function allExhaustive(): Promise<readonly string[]> {
  const names: string[] = [];
  for await (const name of exhaustiveNames()) names.push(name);
  return names;
}

/**
 * Runs schedules, but those that the results have already, on several cores. When the signal comes it stops: the
 * schedules in hand are dropped, and run when the results are continued.
 */
export async function runCampaign(options: CampaignOptions): Promise<Results> {
  const campaign = new Campaign(options);
  await campaign.run();
  return campaign.results;
}

class Campaign {
  readonly results: Results;

  constructor(private readonly options: CampaignOptions) {
    this.results = options.results ?? new Results();
  }

  async run(): Promise<void> {
    const { workers = availableParallelism(), signal = new AbortController().signal } = this.options;
    const { results } = this;
    const before = results.figures.seconds;
    const began = performance.now();
    const elapsed = () => (results.figures.seconds = before + (performance.now() - began) / 1000);
    const pool = new Pool<Job, JobReport | undefined>({
      program: new URL('worker.js', import.meta.url),
      size: workers,
      patience: PATIENCE,
      onAnswer: (job, answer) => {
        elapsed();
        return this.answered(job, answer);
      },
    });
    results.ranOn(workers);
    await pool.run(this.jobs(), signal);
    elapsed();
  }

  private *jobs(): Generator<Job> {
    const { exhaustive = [], seeds } = this.options;
    for (const [index, name] of exhaustive.entries()) {
      if (!this.results.exhaustive.has(index)) yield { kind: 'named', name, index };
    }
    if (seeds === undefined) return;
    for (let seed = seeds[0]; seed <= seeds[1]; seed++) {
      if (!this.results.seeds.has(seed)) yield { kind: 'seed', seed, twice: seed % REPEAT === 0 };
    }
  }

  /** Counts what came of a job; what the same process is to do next. */
  private answered(job: Job, answer: Answer<JobReport | undefined>): Job | undefined {
    const report = answer.kind === 'report' ? answer.report : undefined;
    if (job.kind === 'shrink') {
      this.shrunk(job, report);
      return undefined;
    }
    const name = job.kind === 'seed' ? `${job.seed}` : job.name;
    if (job.kind === 'seed') this.results.seeds.add(job.seed);
    else this.results.exhaustive.add(job.index);
    if (answer.kind !== 'report') this.failed({ name, kind: answer.kind, what: answer.how });
    if (report !== undefined) this.results.add(report, job.kind === 'seed' ? 'random' : 'exhaustive');
    this.options.onProgress?.();
    return report && this.judged(name, report);
  }

  /** What is to be done about the violations of a schedule. */
  private judged(name: string, { violations: [first], script, account }: JobReport): Job | undefined {
    if (first === undefined) return undefined;
    const { property, message, at } = first;
    const what = `${property} at ${at.toFixed(3)} ms: ${message}`;
    const failure: Failure = { name, kind: 'violation', what };
    if (script === undefined || this.results.failures.length >= SHRINK_AT_MOST) {
      this.failed(failure, account);
      return undefined;
    }
    // At once: the search for a shorter one may be interrupted.
    this.results.failures.push({ ...failure, script });
    return { kind: 'shrink', name, script, property, account };
  }

  /** A lost process, or a violation that does not show any more, leaves the schedule as it was. */
  private shrunk(job: Job & { kind: 'shrink' }, report: JobReport | undefined): void {
    const { failures } = this.results;
    const at = failures.findIndex(({ name }) => name === job.name);
    const failure = { ...failures[at]!, script: report?.script ?? job.script };
    failures[at] = failure;
    this.options.onFailure?.(failure, report?.account ?? job.account);
  }

  private failed(failure: Failure, account?: string): void {
    this.results.failures.push(failure);
    this.options.onFailure?.(failure, account);
  }
}
