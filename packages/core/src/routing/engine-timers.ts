import type { Timer, Timers } from '@coterie/sdk';
import type { Guard } from './engine.js';

/** The timers of one engine: they end with it, and what they throw does not reach the daemon. */
export class EngineTimers implements Timers {
  /** An engine may make timers for what comes and goes, connections say: one that does not run is not held on to. */
  private readonly running = new Set<Timer>();
  private ended = false;

  constructor(
    private readonly source: Timers,
    private readonly guard: Guard,
  ) {}

  timer(expire: () => void): Timer {
    const over = () => this.ended;
    return new EngineTimer(this.source, this.running, over, () => {
      try {
        expire();
      } catch (error) {
        this.guard.diverged('a timer', error);
      }
    });
  }

  end(): void {
    this.ended = true;
    for (const timer of this.running) timer.stop();
  }
}

class EngineTimer implements Timer {
  private readonly timer: Timer;

  /**
   * @param all timers of the engine that run
   * @param over has the engine ended? then none starts any more
   */
  constructor(
    source: Timers,
    private readonly all: Set<Timer>,
    private readonly over: () => boolean,
    expire: () => void,
  ) {
    this.timer = source.timer(() => {
      all.delete(this);
      expire();
    });
  }

  get running(): boolean {
    return this.timer.running;
  }

  start(milliseconds: number): void {
    if (this.over()) return;
    this.all.add(this);
    this.timer.start(milliseconds);
  }

  stop(): void {
    this.all.delete(this);
    this.timer.stop();
  }
}
