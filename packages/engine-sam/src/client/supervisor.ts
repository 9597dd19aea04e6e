import { basename } from 'node:path';
import type { Logger, ProcessEnd } from '@coterie/sdk';
import { SystemProcesses } from '@coterie/sdk/client';
import { NAME_ROOM, REASON_ROOM, clip, recoveries, states } from '../client-wire.js';
import { recordedState, type RecordedState } from '../recorded.js';
import { Supervision } from '../supervision/supervision.js';
import { defaultTerms, type Terms } from '../supervision/terms.js';
import { Registration } from './registration.js';
import type { SamClientOptions } from './sam-client.js';
import { ownTime } from './time.js';

/** Milliseconds between reports that the program gives signs of life. */
const SIGNS_OF_LIFE = 1000;

/** What a program is and what becomes of it; what is left out is as in `defaultTerms`, and the environment this process's. */
export type ProgramTerms = Pick<Terms, 'command'> & Partial<Omit<Terms, 'user'>>;

export interface SuperviseOptions extends Pick<SamClientOptions, 'path' | 'runDir'> {
  /** In the record; default: the name of the program's file. */
  readonly name?: string;
  /** Is the program to be in the record of its node (`coterie sam list`)? Default true. */
  readonly recorded?: boolean;
  /** Hears of every change. */
  readonly onChange?: (status: Status) => void;
  /** Lines about what becomes of the program; default: nowhere. */
  readonly log?: (line: string) => void;
  /** Signals to this process that end the program, however often they come; default: none. */
  readonly stopOn?: readonly NodeJS.Signals[];
}

export interface Status {
  readonly state: RecordedState;
  /** Why it is in that state; '' while it runs. */
  readonly reason: string;
  readonly pid: number | undefined;
  readonly instance: number;
  readonly restarts: number;
}

export interface Outcome {
  /** False: it has ended in good order, or was told to. */
  readonly failed: boolean;
  readonly reason: string;
  /** How its last process has ended; undefined: there was none. */
  readonly end: ProcessEnd | undefined;
}

/**
 * Starts a program and supervises it from this process.
 *
 * @throws CoterieError COTERIE_E_CLIENT_*: the record, or quorum, needs a daemon, and there is none.
 */
export async function supervise(terms: ProgramTerms, options: SuperviseOptions = {}): Promise<Supervisor> {
  const supervisor = new Supervisor(terms, options);
  await supervisor.begin();
  return supervisor;
}

/** A program, and this process as its supervisor. */
export class Supervisor implements AsyncDisposable {
  /** How it ended in the end: after failures, when there are no more restarts. */
  readonly ended: Promise<Outcome>;
  private readonly terms: Terms;
  private readonly recorded: boolean;
  private readonly supervision: Supervision;
  private registration: Registration | undefined;
  private readonly signOfLife = ownTime.timer(() => this.registration?.report(this.report(false)));
  private over = false;
  private begun = false;
  private heard = false;
  private settle!: (outcome: Outcome) => void;

  /** Use {@link supervise}. */
  constructor(
    terms: ProgramTerms,
    private readonly options: SuperviseOptions,
  ) {
    this.recorded = options.recorded ?? true;
    this.terms = { ...defaultTerms, environment: ownEnvironment(), ...terms };
    this.ended = new Promise((resolve) => (this.settle = resolve));
    this.supervision = new Supervision(this.terms, {
      ...{ processes: new SystemProcesses({ input: 'shared' }), timers: ownTime, clock: ownTime },
      log: this.logger(),
      quorate: () => this.registration?.quorate ?? false,
      changed: () => this.changed(),
      heard: () => this.lives(),
    });
  }

  get status(): Status {
    const { reason, instance, restarts, process } = this.supervision;
    return { state: recordedState(this.supervision), reason, pid: process?.pid, instance, restarts };
  }

  /** Ends the program and all that it has started; resolves once they are gone. */
  async stop(): Promise<void> {
    await this.supervision.stop();
    await this.ended;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** @internal */
  async begin(): Promise<void> {
    const { name, path, runDir } = this.options;
    const { command, policy, interval, requiresQuorum } = this.terms;
    if (this.recorded || requiresQuorum) {
      this.registration = await Registration.open(
        { ...(path === undefined ? {} : { path }), ...(runDir === undefined ? {} : { runDir }) },
        {
          ...{ pid: process.pid, recovery: recoveries.indexOf(policy), interval },
          name: clip(name ?? basename(command[0]), NAME_ROOM),
        },
        {
          quorumChanged: () => this.supervision.quorumChanged(),
          stop: this.told,
        },
      );
    }
    this.begun = true;
    // Whatever ends this process early, the program is not to be left alone.
    process.once('exit', this.kill);
    for (const signal of this.options.stopOn ?? []) process.on(signal, this.told);
    this.supervision.start();
  }

  private readonly kill = () => this.supervision.kill();
  private readonly told = () => void this.supervision.stop();

  private lives(): void {
    this.heard = true;
    if (this.recorded && !this.signOfLife.running) this.signOfLife.start(SIGNS_OF_LIFE);
  }

  private changed(): void {
    this.options.onChange?.(this.status);
    if (this.supervision.idle) void this.finish();
    else if (this.recorded) this.registration?.report(this.report(false));
  }

  private async finish(): Promise<void> {
    if (this.over || !this.begun) return;
    this.over = true;
    const { phase, reason, end } = this.supervision;
    process.off('exit', this.kill);
    for (const signal of this.options.stopOn ?? []) process.off(signal, this.told);
    this.signOfLife.stop();
    await this.registration?.close(this.recorded ? this.report(true) : undefined);
    this.settle({ failed: phase === 'failed', reason, end });
  }

  private report(over: boolean) {
    const { state, reason, pid, instance, restarts } = this.status;
    const heard = this.heard ? 1 : 0;
    this.heard = false;
    return {
      ...{ state: states.indexOf(state), over: over ? 1 : 0, heard, instance, restarts },
      pid: pid ?? 0,
      reason: clip(reason, REASON_ROOM),
    };
  }

  private logger(): Logger {
    const say = (line: string) => this.options.log?.(line);
    const nothing = () => undefined;
    return { ...{ error: say, warn: say, info: say }, debug: nothing, trace: nothing, enabled: () => false };
  }
}

function ownEnvironment(): Record<string, string> {
  return Object.fromEntries(
    Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
