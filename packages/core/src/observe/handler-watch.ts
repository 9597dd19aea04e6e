import type { Clock, Counter, Logger } from '@coterie/sdk';

/** Milliseconds between two lines about one engine. */
const SILENCE = 60_000;

/** An engine, as far as its time matters. */
export interface Watched {
  readonly log: Logger;
  /** Handlers that took longer than they should. */
  readonly slow: Counter;
}

/** Names handlers that hold the event loop for long: meanwhile the token does not move, and others may think this node dead. */
export class HandlerWatch {
  private began = 0;
  private readonly told = new Map<Watched, number>();

  /** @param budget milliseconds that a handler may take, asked anew each time */
  constructor(
    private readonly clock: Clock,
    private readonly budget: () => number,
  ) {}

  begin(): void {
    this.began = this.clock.now();
  }

  end(engine: Watched, handler: string): void {
    const now = this.clock.now();
    if (now - this.began > this.budget()) this.over(engine, handler, now);
  }

  private over(engine: Watched, handler: string, now: number): void {
    engine.slow.value++;
    const last = this.told.get(engine);
    if (last !== undefined && now - last < SILENCE) return;
    this.told.set(engine, now);
    engine.log.warn(
      `${handler} held the daemon for ${Math.round(now - this.began)} ms; more than ${Math.round(this.budget())} ms are too many`,
    );
  }
}
