import {
  ValueType,
  value,
  type Clock,
  type Database,
  type Logger,
  type Timer,
  type Timers,
} from '@coterie/sdk';

const KEPT = 10;

/**
 * Notices when the process did not run for a good part of the token timeout: the others may have thought it dead.
 * As corosync does, it keeps the last ten occasions under `stats.schedmiss.`, the newest as number 0.
 */
export class StallDetector {
  private readonly timer: Timer;
  private last = 0;
  private readonly stalls: { timestamp: bigint; delay: number }[] = [];

  /** @param token effective token timeout in milliseconds, asked anew each time */
  constructor(
    private readonly clock: Clock,
    timers: Timers,
    private readonly database: Database,
    private readonly log: Logger,
    private readonly token: () => number,
  ) {
    this.timer = timers.timer(() => this.tick());
  }

  start(): void {
    this.last = this.clock.now();
    this.timer.start(this.interval);
  }

  stop(): void {
    this.timer.stop();
  }

  /** Forgets what was. */
  clear(): void {
    this.stalls.length = 0;
    for (const key of this.database.keys('stats.schedmiss.')) this.database.delete(key);
  }

  private get interval(): number {
    return this.token() / 5;
  }

  private tick(): void {
    const now = this.clock.now();
    const paused = now - this.last - this.interval;
    const threshold = 0.8 * this.token();
    if (paused > threshold) this.stalled(paused, threshold);
    this.last = now;
    this.timer.start(this.interval);
  }

  private stalled(paused: number, threshold: number): void {
    this.log.warn(
      `I was paused ${Math.round(paused)} ms (more than ${Math.round(threshold)} ms): ` +
        'other members may have formed a ring without this node. Consider a longer token timeout.',
    );
    this.stalls.unshift({ timestamp: BigInt(Math.round(this.clock.wall())), delay: paused });
    this.stalls.length = Math.min(this.stalls.length, KEPT);
    this.stalls.forEach(({ timestamp, delay }, index) => {
      this.database.set(`stats.schedmiss.${index}.timestamp`, value.u64(timestamp));
      this.database.set(`stats.schedmiss.${index}.delay`, { type: ValueType.float, value: delay });
    });
  }
}
