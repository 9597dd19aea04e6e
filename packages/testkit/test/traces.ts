import type { Checker, Happening, Violation } from '@coterie/testkit';
import { Trace } from '@coterie/testkit';

/** One event of a hand-made trace: `node` or `node.life`, then what happened. */
export type Line = readonly [where: number | string, happening: Happening];

/** What checkers say about a trace. */
export function judge(checkers: readonly Checker[], ...lines: readonly Line[]): readonly Violation[] {
  let now = 0;
  const trace = new Trace(() => now++);
  for (const checker of checkers) trace.attach(checker);
  for (const [where, happening] of lines) {
    const [node, life = '1'] = `${where}`.split('.');
    trace.record(Number(node), Number(life), happening);
  }
  return trace.finish();
}

/** The properties that do not hold, each once. */
export function broken(checker: Checker, ...lines: readonly Line[]): string {
  return [...new Set(judge([checker], ...lines).map(({ property }) => property))].join(' ');
}

/** Ring `sequence` of these members; the lowest represents it. */
export function regular(sequence: number, ...members: number[]): Happening {
  return { kind: 'regular', ring: ring(sequence, members), members };
}

/** On the way to ring `sequence` of `of`, these came along. */
export function transitional(sequence: number, of: number[], ...members: number[]): Happening {
  return { kind: 'transitional', ring: ring(sequence, of), members };
}

export function originate(sequence: number, seq: number, content = seq): Happening {
  return { kind: 'originate', ring: ring(sequence, [1]), seq, content };
}

export function deliver(sequence: number, seq: number, from: number, content = seq): Happening {
  return { kind: 'deliver', ring: ring(sequence, [1]), seq, from, content };
}

export function ring(sequence: number, members: number[]) {
  return { representative: Math.min(...members), sequence };
}
