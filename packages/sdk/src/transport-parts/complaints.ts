import type { Clock, Logger } from '../ports.js';

/** Milliseconds between two log lines about the same trouble. */
const INTERVAL = 60_000;

/** Warnings about trouble that may come again with every packet: one a minute of each kind is enough. */
export class Complaints {
  private readonly last = new Map<string, number>();

  constructor(
    private readonly log: Logger,
    private readonly clock: Clock,
  ) {}

  /** Warns, unless it did so about the topic less than a minute ago. Has it? */
  warn(message: string, topic = message): boolean {
    const now = this.clock.now();
    if (now - (this.last.get(topic) ?? -Infinity) < INTERVAL) return false;
    this.last.set(topic, now);
    this.log.warn(message);
    return true;
  }

  /** What comes from now on is new trouble. */
  clear(): void {
    this.last.clear();
  }
}
