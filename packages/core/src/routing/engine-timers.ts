import type { Timer, Timers } from '@coterie/sdk';
import type { Guard } from './engine.js';

/** The timers of one engine: they end with it, and what they throw does not reach the daemon. */
export class EngineTimers implements Timers {
  private readonly timers: Timer[] = [];
  private ended = false;

  constructor(
    private readonly source: Timers,
    private readonly guard: Guard,
  ) {}

  timer(expire: () => void): Timer {
    const timer = this.source.timer(() => {
      if (this.ended) return;
      try {
        expire();
      } catch (error) {
        this.guard.failed('a timer', error);
      }
    });
    this.timers.push(timer);
    return timer;
  }

  end(): void {
    this.ended = true;
    for (const timer of this.timers) timer.stop();
  }
}
