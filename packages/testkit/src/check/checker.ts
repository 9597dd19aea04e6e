import type { TraceEvent } from '../trace/event.js';

/** A property that does not hold. */
export interface Violation {
  /** Its name, explained in properties.ts. */
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
