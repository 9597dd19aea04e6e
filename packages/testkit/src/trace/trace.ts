import type { NodeId } from '@coterie/sdk';
import type { Checker, Violation } from '../check/checker.js';
import type { Happening, TraceEvent } from './event.js';
import { formatEvent } from './format.js';
import { hashText } from './hash.js';

/** Everything that happened in a run, in order; checkers hear of each event as it happens. */
export class Trace {
  readonly events: TraceEvent[] = [];
  readonly violations: Violation[] = [];
  private readonly checkers: Checker[] = [];

  /** @param now virtual milliseconds */
  constructor(private readonly now: () => number) {}

  /** From the next event on. */
  attach(checker: Checker): void {
    this.checkers.push(checker);
  }

  record(node: NodeId, life: number, happening: Happening): void {
    const event = { at: this.now(), node, life, ...happening };
    this.events.push(event);
    for (const checker of this.checkers) checker.observe(event, this.report);
  }

  /** The run is over: what can be judged only now. */
  finish(): readonly Violation[] {
    for (const checker of this.checkers) checker.finish(this.report);
    return this.violations;
  }

  /** Equal for equal runs, else different but for luck. */
  hash(): number {
    let hash = 0;
    for (const event of this.events) hash = hashText(formatEvent(event), hash);
    return hash >>> 0;
  }

  /** One line an event. */
  text(): string {
    return this.events.map(formatEvent).join('\n');
  }

  /** For what is judged outside of checkers. */
  violate(property: string, message: string): void {
    this.report(property, message);
  }

  private readonly report = (property: string, message: string, event?: TraceEvent): void => {
    this.violations.push({ property, message, at: event?.at ?? this.now() });
  };
}
