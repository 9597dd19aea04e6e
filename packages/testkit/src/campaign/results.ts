import { arch, cpus, platform } from 'node:os';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { CoterieError } from '@coterie/sdk';
import { ringEvents, ringStates } from '../trace/coverage.js';
import { codeVersion, type CodeVersion } from './code-version.js';
import type { JobReport } from './job.js';
import { Ranges, type Range } from './ranges.js';
import { decodeResults } from './schemas.js';
import type { Script } from './script.js';

/** A schedule that did not end well. */
export interface Failure {
  /** Seed or name: what replays it. */
  readonly name: string;
  readonly kind: 'violation' | 'crash' | 'hang';
  /** The first violation, or how the process was lost. */
  readonly what: string;
  /** Of a random schedule: the schedule, or the shortest one found. */
  readonly script?: Script;
}

/** Sums over all schedules. */
export interface Figures {
  /** Random and systematic schedules. */
  random: number;
  exhaustive: number;
  /** Of traces. */
  events: number;
  /** Carried by the network. */
  packets: number;
  /** Virtual milliseconds. */
  simulated: number;
  /** Seconds that the campaign has run. */
  seconds: number;
}

/** What ran a campaign. */
export interface Machine {
  readonly processor: string;
  readonly cores: number;
  readonly system: string;
  readonly node: string;
  /** Processes at a time. */
  readonly workers: number;
}

/** As in the file. */
export interface ResultsData {
  readonly format: 1;
  readonly code: CodeVersion;
  readonly machines: readonly Machine[];
  readonly figures: Readonly<Figures>;
  /** Seeds that are done; places of systematic schedules that are done. */
  readonly seeds: readonly Range[];
  readonly exhaustive: readonly Range[];
  /** Schedules that met the event in the state; by state, then by event. Pairs that none met are left out. */
  readonly coverage: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly failures: readonly Failure[];
}

/** The results of a campaign, which can be interrupted and continued. */
export class Results {
  readonly seeds: Ranges;
  readonly exhaustive: Ranges;
  readonly figures: Figures;
  readonly failures: Failure[];
  private readonly machines: Machine[];
  /** See {@link ResultsData.coverage}; by state, then by event. */
  private readonly coverage = new Float64Array(ringStates.length * ringEvents.length);

  constructor(
    readonly code: CodeVersion = codeVersion(),
    data?: ResultsData,
  ) {
    this.seeds = new Ranges(data?.seeds);
    this.exhaustive = new Ranges(data?.exhaustive);
    const none = { random: 0, exhaustive: 0, events: 0, packets: 0, simulated: 0, seconds: 0 };
    this.figures = { ...none, ...data?.figures };
    this.failures = [...(data?.failures ?? [])];
    this.machines = [...(data?.machines ?? [])];
    eachPair((state, event, at) => (this.coverage[at] = data?.coverage[state]?.[event] ?? 0));
  }

  /**
   * Those of a file, to be continued; new ones if there is no such file.
   * @throws CoterieError COTERIE_E_SIM_RESULTS if the file holds no results, or those of other code
   */
  static open(file: string): Results {
    const code = codeVersion();
    if (!existsSync(file)) return new Results(code);
    const decoded = decodeResults(readFileSync(file));
    if (!decoded.ok) throw new CoterieError('COTERIE_E_SIM_RESULTS', `${file}: ${decoded.reason}`);
    const data = decoded.value;
    if (data.code.hash !== code.hash)
      throw new CoterieError(
        'COTERIE_E_SIM_RESULTS',
        `${file} holds results of other code: ${data.code.version} (${data.code.hash}), now it is ${code.version} (${code.hash})`,
      );
    return new Results(code, data);
  }

  /**
   * The file as it was before stays whole until the new one is.
   * @throws CoterieError COTERIE_E_SIM_RESULTS
   */
  save(file: string): void {
    const next = `${file}.next`;
    try {
      writeFileSync(next, `${JSON.stringify(this, undefined, 1)}\n`, { flush: true });
      renameSync(next, file);
    } catch (error) {
      throw new CoterieError('COTERIE_E_SIM_RESULTS', (error as Error).message);
    }
  }

  /** Counts a schedule. */
  add({ events, packets, duration, met }: JobReport, of: 'random' | 'exhaustive'): void {
    const { figures, coverage } = this;
    figures[of]++;
    figures.events += events;
    figures.packets += packets;
    figures.simulated += duration;
    met.forEach((was, at) => (coverage[at]! += was));
  }

  /** Notes what it runs on now. */
  ranOn(workers: number): void {
    const [{ model } = { model: 'unknown' }, ...others] = cpus();
    const machine: Machine = {
      ...{ processor: model, cores: others.length + 1, workers },
      ...{ system: `${platform()} ${arch()}`, node: process.version },
    };
    const known = this.machines.some((each) => JSON.stringify(each) === JSON.stringify(machine));
    if (!known) this.machines.push(machine);
  }

  /** Pairs of state and event that some schedule met. */
  get pairs(): number {
    return this.coverage.reduce((sum, count) => sum + (count > 0 ? 1 : 0), 0);
  }

  toJSON(): ResultsData {
    const { code, machines, figures, seeds, exhaustive, failures } = this;
    const coverage: Record<string, Record<string, number>> = {};
    eachPair((state, event, at) => {
      const count = this.coverage[at]!;
      if (count > 0) (coverage[state] ??= {})[event] = count;
    });
    return {
      ...{ format: 1, code, machines, figures, failures, coverage },
      ...{ seeds: seeds.toJSON(), exhaustive: exhaustive.toJSON() },
    };
  }
}

function eachPair(visit: (state: string, event: string, at: number) => void): void {
  ringStates.forEach((state, row) =>
    ringEvents.forEach((event, column) => visit(state, event, row * ringEvents.length + column)),
  );
}
