/** Milliseconds between two looks at the clock. */
const TICK = 10;
/** Milliseconds after which a machine that stands still has cost its daemons the token. */
const STANDSTILL = 1000;

/**
 * Measures whether something that daemons do came in time. Processors that are busy with other things keep this
 * process waiting as they do the daemons: by as much as it comes late for its own appointments, they may. A machine
 * that stood still makes them begin anew.
 */
export class Stopwatch implements Disposable {
  readonly started = Date.now();
  private late = 0;
  private stoodStill = false;
  private due = performance.now() + TICK;
  private readonly timer = setInterval(() => {
    const now = performance.now();
    this.late += Math.max(0, now - this.due);
    if (now - this.due > STANDSTILL) this.stoodStill = true;
    this.due = now + TICK;
  }, TICK);

  /** @throws if it happened later than `limit` milliseconds after the start, besides what the machine was late. */
  mustBeWithin(limit: number, happened: number, what: string): void {
    const took = happened - this.started;
    if (took <= (this.stoodStill ? 2 * limit : limit) + this.late) return;
    const grace = this.late > 1 ? `, with a machine that was ${Math.round(this.late)} ms late` : '';
    throw new Error(`${what} took ${Math.round(took)} ms, more than ${Math.round(limit)} ms${grace}`);
  }

  [Symbol.dispose](): void {
    clearInterval(this.timer);
  }
}
