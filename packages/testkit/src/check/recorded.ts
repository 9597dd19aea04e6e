import { CoterieError, type NodeId } from '@coterie/sdk';
import type { TraceEvent } from '../trace/event.js';
import { formatEvent } from '../trace/format.js';
import { mergeTraces, readTrace } from '../trace/read.js';
import type { Violation } from './checker.js';
import { DeliveryChecker } from './delivery-checker.js';
import { LivenessChecker } from './liveness-checker.js';
import { MembershipChecker } from './membership-checker.js';

export interface RecordedOptions {
  /** The traces end at rest, while their last lives go on: liveness is asked for too. Default false. */
  readonly atRest?: boolean;
  /** Events that are shown with a violation, up to where it was found; 20 unless told. */
  readonly window?: number;
}

/** A violation in a recorded trace. */
export interface RecordedViolation extends Violation {
  /** Lines of the merged trace, the last one being where it was found; times are counted from the first event. */
  readonly window: readonly string[];
}

export interface RecordedOutcome {
  readonly violations: readonly RecordedViolation[];
  readonly events: number;
  /** Nodes that have a trace, ascending. */
  readonly nodes: readonly NodeId[];
  /** Milliseconds since the Unix epoch of the first event. */
  readonly began: number;
  /** Milliseconds from the first event to the last one. */
  readonly duration: number;
}

/** Rings give no more information after so many violations. */
const MOST = 100;

/**
 * Checks what `coteried --trace` wrote on the nodes of one cluster: that rings agree, and that packets are
 * delivered as extended virtual synchrony wants it. Members without a trace are taken at the word of the others.
 *
 * @throws CoterieError COTERIE_E_TRACE_FILE, COTERIE_E_TRACE_FORMAT
 */
export function checkRecorded(files: readonly string[], options: RecordedOptions = {}): RecordedOutcome {
  const { atRest = false, window = 20 } = options;
  const nodes = new Set(files.flatMap(nodesOf));
  const traced = (node: NodeId) => nodes.has(node);
  const liveness = atRest ? [new LivenessChecker(traced)] : [];
  const checkers = [new MembershipChecker(), new DeliveryChecker(traced), ...liveness];
  const violations: RecordedViolation[] = [];
  const recent: TraceEvent[] = [];
  let events = 0;
  let began: number | undefined;
  let last = 0;
  const report = (property: string, message: string, event?: TraceEvent): void => {
    if (violations.length >= MOST) return;
    const shown = event === undefined || recent.includes(event) ? recent : [event];
    violations.push({ property, message, at: event?.at ?? last, window: shown.map(formatEvent) });
  };
  const tell = (event: TraceEvent): void => {
    recent.push(event);
    if (recent.length > window) recent.shift();
    for (const checker of checkers) checker.observe(event, report);
  };
  for (const event of mergeTraces(files.map((file) => readTrace(file, atRest)))) {
    began ??= event.at;
    last = event.at - began;
    events++;
    tell({ ...event, at: last });
  }
  if (atRest) tell({ at: last, node: 0, life: 0, kind: 'quiet', patience: 0 });
  for (const checker of checkers) checker.finish(report);
  const ids = [...nodes].sort((a, b) => a - b);
  return { violations, events, nodes: ids, began: began ?? 0, duration: last };
}

/** Whose events are in the file: the first one tells. */
function nodesOf(file: string): NodeId[] {
  for (const { node } of readTrace(file)) return [node];
  throw new CoterieError('COTERIE_E_TRACE_FORMAT', `${file}: there is no event in it`);
}
