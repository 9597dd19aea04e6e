import type { Clock, Timer, Timers } from '@coterie/sdk';

/** Time that passes only when told to. */
export class ManualTime implements Clock, Timers {
  private time = 0;
  private readonly timers: ManualTimer[] = [];

  now(): number {
    return this.time;
  }

  wall(): number {
    return 1_700_000_000_000 + this.time;
  }

  timer(expire: () => void): Timer {
    const timer = new ManualTimer(this, expire);
    this.timers.push(timer);
    return timer;
  }

  /** Runs out what is due on the way, in order. */
  advance(milliseconds: number): void {
    const end = this.time + milliseconds;
    for (let next = this.next(end); next !== undefined; next = this.next(end)) {
      this.time = Math.max(this.time, next.deadline);
      next.fire();
    }
    this.time = end;
  }

  /** As if the process had not run for so long: what is due runs out late. */
  stall(milliseconds: number): void {
    this.time += milliseconds;
    this.advance(0);
  }

  private next(until: number): ManualTimer | undefined {
    return this.timers
      .filter((timer) => timer.running && timer.deadline <= until)
      .sort((a, b) => a.deadline - b.deadline)[0];
  }
}

class ManualTimer implements Timer {
  running = false;
  deadline = 0;

  constructor(
    private readonly clock: Clock,
    private readonly expire: () => void,
  ) {}

  start(milliseconds: number): void {
    this.deadline = this.clock.now() + milliseconds;
    this.running = true;
  }

  stop(): void {
    this.running = false;
  }

  fire(): void {
    this.running = false;
    this.expire();
  }
}
