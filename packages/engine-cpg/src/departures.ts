import type { Cluster, Timers, Timer } from '@coterie/sdk';
import { identity } from './local-processes.js';
import { Membership, Reason, RingMessage } from './ring-messages.js';

/** Milliseconds until the queue is asked for room again. */
const RETRY = 20;

interface Departure {
  readonly group: string;
  readonly pid: number;
  sent: boolean;
}

/**
 * Processes of this node that ended without leaving: each is announced once, and waits here until the
 * announcement has come back from the ring. It waits for room in the send queue, and for the end of
 * synchronisation: behind the sender's join list in the same round it would leave a ghost on a corosync node,
 * which adds the processes of join lists last of all.
 */
export class Departures {
  private readonly waiting = new Map<string, Departure>();
  private readonly retry: Timer;
  private held = false;

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

  /** Send nothing until {@link release}. */
  hold(): void {
    this.held = true;
  }

  release(): void {
    this.held = false;
    this.send();
  }

  private send(): void {
    if (this.held) return;
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
