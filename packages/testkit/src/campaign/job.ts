import type { Violation } from '../check/checker.js';
import { describeRun } from './describe.js';
import { runNamed } from './exhaustive.js';
import type { Run } from './run.js';
import { runSchedule } from './schedule.js';
import type { Script } from './script.js';
import { shrink } from './shrink.js';

/** What a process of a campaign is asked to do. */
export type Job =
  /** Runs a random schedule, twice if it is to be seen that it runs the same way again. */
  | { readonly kind: 'seed'; readonly seed: number; readonly twice: boolean }
  /** Runs a systematic schedule; its place among all of them. */
  | { readonly kind: 'named'; readonly name: string; readonly index: number }
  /** Looks for the shortest schedule with the same violation. */
  | {
      readonly kind: 'shrink';
      readonly name: string;
      readonly script: Script;
      readonly property: string;
      /** Of the schedule itself. */
      readonly account: string | undefined;
    };

/** What came of a job. */
export interface JobReport {
  readonly violations: readonly Violation[];
  readonly events: number;
  readonly packets: number;
  /** Virtual milliseconds. */
  readonly duration: number;
  /** See `Coverage.met`. */
  readonly met: Uint8Array;
  /** With violations: for people, with the end of the trace. */
  readonly account?: string;
  /** Of a random schedule with violations: the schedule, or the shortest one found. */
  readonly script?: Script;
}

/** @param onAlive called now and then by what takes long */
export async function doJob(job: Job, onAlive: () => void): Promise<JobReport | undefined> {
  switch (job.kind) {
    case 'seed': {
      const outcome = await runSchedule(job.seed);
      if (job.twice) {
        onAlive();
        const again = await runSchedule(job.seed);
        if (again.trace.hash() !== outcome.trace.hash())
          outcome.trace.violate('determinism', `seed ${job.seed} gave two different runs`);
      }
      const bad = outcome.violations.length > 0;
      return { ...report(outcome), ...(bad ? { script: outcome.script } : {}) };
    }
    case 'named':
      return report(await runNamed(job.name));
    case 'shrink': {
      const shrunk = await shrink(job.script, { property: job.property, onTry: onAlive });
      return shrunk && { ...report(shrunk.run), script: shrunk.script };
    }
  }
}

function report(run: Run): JobReport {
  const { violations, trace, packets, duration, coverage } = run;
  const account = violations.length > 0 ? { account: describeRun(run) } : {};
  return { violations, events: trace.events.length, packets, duration, met: coverage.met, ...account };
}
