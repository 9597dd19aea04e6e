import type { Run } from './run.js';

/** Lines of a trace that are shown, unless told. */
const LINES = 80;

/** For people: the trace, one line an event, or its end; then what does not hold. */
export function describeRun({ violations, trace }: Run, lines = LINES): string {
  const all = trace.text().split('\n');
  const skipped = all.length > lines ? [`(${all.length - lines} lines before)`] : [];
  const found = violations.map(
    ({ property, message, at }) => `${property} at ${at.toFixed(3)} ms: ${message}`,
  );
  return [...skipped, ...all.slice(-lines), ...found].join('\n');
}
