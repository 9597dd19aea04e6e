import { formatEvent } from '../trace/format.js';
import type { Run } from './run.js';

/** Lines of a trace that are shown, unless told. */
const LINES = 80;

/**
 * For people: what led to the first violation, one line an event, then all violations. With `lines` Infinity the
 * whole trace.
 */
export function describeRun({ violations, trace: { events } }: Run, lines = LINES): string {
  const first = violations[0]?.at ?? Infinity;
  const after = lines < events.length ? events.findIndex(({ at }) => at > first) : -1;
  const end = after < 0 ? events.length : after;
  const begin = Math.max(0, end - lines);
  return [
    ...(begin > 0 ? [`(${begin} lines before)`] : []),
    ...events.slice(begin, end).map(formatEvent),
    ...(end < events.length ? [`(${events.length - end} lines after)`] : []),
    ...violations.map(({ property, message, at }) => `${property} at ${at.toFixed(3)} ms: ${message}`),
  ].join('\n');
}
