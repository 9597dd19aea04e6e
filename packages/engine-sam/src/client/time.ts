import { performance } from 'node:perf_hooks';
import type { Clock, Timer, Timers } from '@coterie/sdk';

/** The process's own time. */
export const ownTime: Clock & Timers = {
  now: () => performance.now(),
  wall: () => Date.now(),
  timer: (expire) => new OwnTimer(expire),
};

class OwnTimer implements Timer {
  private timeout: NodeJS.Timeout | undefined;

  constructor(private readonly expire: () => void) {}

  get running(): boolean {
    return this.timeout !== undefined;
  }

  start(milliseconds: number): void {
    clearTimeout(this.timeout);
    this.timeout = setTimeout(() => {
      this.timeout = undefined;
      this.expire();
    }, milliseconds);
  }

  stop(): void {
    clearTimeout(this.timeout);
    this.timeout = undefined;
  }
}
