import type { TraceEvent } from '../trace/event.js';

/** A property that does not hold. */
export interface Violation {
  /** Its name: M1 to M4, 1.2 to 6.3 (extended virtual synchrony), C1 to C6 (cpg), Q1 to Q3 (quorum), L1 to L3 (liveness). */
  readonly property: string;
  readonly message: string;
  /** Virtual milliseconds. */
  readonly at: number;
}

export type Report = (property: string, message: string, event?: TraceEvent) => void;

/** Watches a run for violations of some properties. */
export interface Checker {
  observe(event: TraceEvent, report: Report): void;
  /** The run is over. */
  finish(report: Report): void;
}
