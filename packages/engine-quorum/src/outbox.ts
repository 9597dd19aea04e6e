import type { Cluster, Codec, Timer, Timers } from '@coterie/sdk';

interface Letter {
  readonly fn: number;
  readonly codec: Codec<unknown>;
  readonly value: unknown;
}

/** Milliseconds until a message that found no room is tried again. */
const RETRY = 100;
/** Far more than ever wait: each synchronisation says everything again. */
const CAPACITY = 64;

/** Multicasts in order; what the send queue has no room for waits here. */
export class Outbox {
  private readonly waiting: Letter[] = [];
  private readonly retry: Timer;

  constructor(
    private readonly cluster: Cluster,
    timers: Timers,
  ) {
    this.retry = timers.timer(() => this.flush());
  }

  /** Sends now or, after those already waiting, later. False: too many wait, it is dropped. */
  send<T>(fn: number, codec: Codec<T>, value: T): boolean {
    if (this.offer(fn, codec, value)) return true;
    if (this.waiting.length >= CAPACITY) return false;
    this.waiting.push({ fn, codec: codec as Codec<unknown>, value });
    if (!this.retry.running) this.retry.start(RETRY);
    return true;
  }

  /** Sends now or not at all. */
  offer<T>(fn: number, codec: Codec<T>, value: T): boolean {
    return this.flush() && this.cluster.multicast(fn, codec, value);
  }

  /** True if nothing waits any more. */
  flush(): boolean {
    for (let next = this.waiting[0]; next; next = this.waiting[0]) {
      if (!this.cluster.multicast(next.fn, next.codec, next.value)) {
        if (!this.retry.running) this.retry.start(RETRY);
        return false;
      }
      this.waiting.shift();
    }
    return true;
  }
}
