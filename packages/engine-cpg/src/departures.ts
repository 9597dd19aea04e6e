import type { Cluster, Timers, Timer } from '@coterie/sdk';
import { identity } from './local-processes.js';
import { Membership, Reason, RingMessage } from './ring-messages.js';

/** Milliseconds between attempts. */
const RETRY = 20;

interface Departure {
  readonly group: string;
  readonly pid: number;
  sent: boolean;
}

/**
 * Processes of this node that ended without leaving: each is announced once, and waits here until the
 * announcement has come back from the ring. It waits for room in the send queue, and for the end of
 * synchronisation: messages of that time overtake those queued before it, a join among them, and a leave that
 * follows the sender's join list leaves a ghost on corosync nodes, which add the processes of join lists last.
 */
export class Departures {
  private readonly waiting = new Map<string, Departure>();
  private readonly retry: Timer;

  constructor(
    private readonly cluster: Cluster,
    timers: Timers,
  ) {
    this.retry = timers.timer(() => this.send());
  }

  /** Not announced everywhere yet. */
  has(group: string, pid: number): boolean {
    return this.waiting.has(identity(group, pid));
  }

  add(group: string, pid: number): void {
    this.waiting.set(identity(group, pid), { group, pid, sent: false });
    this.send();
  }

  delivered(group: string, pid: number): void {
    this.waiting.delete(identity(group, pid));
  }

  private send(): void {
    if (this.cluster.synchronising) return this.retry.start(RETRY);
    for (const departure of this.waiting.values()) {
      if (departure.sent) continue;
      const { group, pid } = departure;
      departure.sent = this.cluster.multicast(RingMessage.LEAVE, Membership, {
        group,
        pid,
        reason: Reason.PROCESS_DOWN,
      });
      if (!departure.sent) return this.retry.start(RETRY);
    }
  }
}
