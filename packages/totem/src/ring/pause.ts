import type { Timer } from '@coterie/sdk';
import type { RingContext } from './context.js';

/**
 * Notices that this process has not run for a while. What then waits in its sockets is history: joins among it
 * would start one membership round after the other (corosync e448603f), so they are ignored until it is read.
 */
export class PauseDetector {
  private readonly timer: Timer;
  private last = 0;

  constructor(private readonly r: RingContext) {
    this.timer = r.ports.timers.timer(() => this.tick());
  }

  start(): void {
    this.last = this.r.ports.clock.now();
    this.timer.start(this.r.settings.token / 5);
  }

  stop(): void {
    this.timer.stop();
  }

  private tick(): void {
    const now = this.r.ports.clock.now();
    const { token, join } = this.r.settings;
    if (now - this.last > token / 2 + token / 5) {
      this.r.joinsIgnoredUntil = now + join;
      this.r.ports.log.warn('this process was paused', { milliseconds: Math.round(now - this.last) });
    }
    this.last = now;
    this.timer.start(token / 5);
  }
}
