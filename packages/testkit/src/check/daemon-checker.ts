import type { NodeId } from '@coterie/sdk';
import type { TraceEvent } from '../trace/event.js';
import type { Checker, Report } from './checker.js';

/** What a daemon that cannot store the number of its ring ends with, as it should. */
const STORAGE = 'COTERIE_E_STATE_WRITE';

/**
 * What a daemon may never do, whatever happens: end by an error of its own (property alive), or send more messages at
 * a visit of the token than `max_messages` (F1).
 */
export class DaemonChecker implements Checker {
  /** What each node sent at its last visit: all of a visit happens at one moment. */
  private readonly visits = new Map<NodeId, { at: number; messages: number }>();

  /** @param maxMessages the setting of this name */
  constructor(private readonly maxMessages: number) {}

  observe(event: TraceEvent, report: Report): void {
    if (event.kind === 'originate') this.originate(event, report);
    else if (event.kind === 'fail' && event.how.startsWith('failure:') && !event.how.includes(STORAGE))
      report('alive', `${event.node}.${event.life} ended: ${event.how}`, event);
  }

  private originate(event: TraceEvent, report: Report): void {
    const { node, life, at } = event;
    let visit = this.visits.get(node);
    if (visit?.at !== at) this.visits.set(node, (visit = { at, messages: 0 }));
    if (++visit.messages === this.maxMessages + 1)
      report('F1', `${node}.${life} sent more than ${this.maxMessages} messages at once`, event);
  }

  finish(): void {}
}
