import { runSchedule, type Outcome } from './schedule.js';

export interface CampaignOptions {
  /** The first seed; the others follow it. */
  readonly from: number;
  readonly count: number;
  /** Every so many seeds are run twice, to see that they give the same trace; 100 unless told. */
  readonly repeat?: number;
  /** Hears of each schedule when it is over. */
  readonly onOutcome?: (outcome: Outcome) => void;
}

/** What came of a campaign. */
export interface Campaign {
  readonly schedules: number;
  readonly failed: readonly Outcome[];
  /** Virtual milliseconds of all schedules. */
  readonly duration: number;
  readonly packets: number;
  readonly events: number;
}

/** Runs the schedules of consecutive seeds. */
export async function runCampaign(options: CampaignOptions): Promise<Campaign> {
  const { from, count, repeat = 100, onOutcome } = options;
  const failed: Outcome[] = [];
  const total = { duration: 0, packets: 0, events: 0 };
  for (let seed = from; seed < from + count; seed++) {
    const outcome = await runSchedule(seed);
    if (seed % repeat === 0) await compare(outcome);
    if (outcome.violations.length > 0) failed.push(outcome);
    total.duration += outcome.duration;
    total.packets += outcome.packets;
    total.events += outcome.trace.events.length;
    onOutcome?.(outcome);
  }
  return { schedules: count, failed, ...total };
}

/** For people: the seed, what does not hold, and the end of the trace. */
export function describeOutcome({ seed, plan, violations, trace }: Outcome, lines = 80): string {
  const found = violations.map(
    ({ property, message, at }) => `  ${property} at ${at.toFixed(3)} ms: ${message}`,
  );
  const all = trace.text().split('\n');
  const skipped = all.length > lines ? [`  (${all.length - lines} lines before)`] : [];
  return [
    `seed ${seed}: ${violations.length} violations`,
    `faults: ${plan.faults.join(' ') || 'none'}`,
    ...found,
    ...skipped,
    ...all.slice(-lines),
  ].join('\n');
}

async function compare(outcome: Outcome): Promise<void> {
  const again = await runSchedule(outcome.seed);
  if (again.trace.hash() !== outcome.trace.hash())
    outcome.trace.violate('determinism', `seed ${outcome.seed} gave two different runs`);
}
