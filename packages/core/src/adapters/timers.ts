import type { Clock, Timer, Timers } from '@coterie/sdk';

/**
 * Timers on the event loop. The ring restarts its timers at every token, thousands of times for each one that
 * runs out: a restart therefore only moves a deadline, and the timeout below is armed again when it fires early.
 */
export class SystemTimers implements Timers {
  constructor(private readonly clock: Clock) {}

  timer(expire: () => void): Timer {
    return new SystemTimer(this.clock, expire);
  }
}

class SystemTimer implements Timer {
  running = false;
  private deadline = 0;
  private timeout: NodeJS.Timeout | undefined;
  /** When `timeout` fires. */
  private wake = 0;
  private readonly fire = () => this.fired();

  constructor(
    private readonly clock: Clock,
    private readonly expire: () => void,
  ) {}

  start(milliseconds: number): void {
    const now = this.clock.now();
    this.deadline = now + milliseconds;
    this.running = true;
    if (this.timeout === undefined) this.arm(now);
    else if (this.wake > this.deadline) {
      clearTimeout(this.timeout);
      this.arm(now);
    } else this.timeout.ref();
  }

  stop(): void {
    this.running = false;
    this.timeout?.unref();
  }

  private arm(now: number): void {
    const delay = Math.max(0, Math.ceil(this.deadline - now));
    this.wake = now + delay;
    this.timeout = setTimeout(this.fire, delay);
  }

  private fired(): void {
    this.timeout = undefined;
    if (!this.running) return;
    const now = this.clock.now();
    if (now < this.deadline) {
      this.arm(now);
      return;
    }
    this.running = false;
    this.expire();
  }
}
