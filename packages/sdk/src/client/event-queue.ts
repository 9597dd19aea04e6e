import { CoterieError } from '../errors.js';

interface Waiting<T> {
  resolve(result: IteratorResult<T, undefined>): void;
  reject(reason: unknown): void;
}

export interface EventQueueOwner {
  /** The queue has become half full (true) or has room again (false). */
  full(queue: object, full: boolean): void;
  /** Nobody reads the queue any more. */
  left(queue: object): void;
}

/** Events between the connection that receives them and the `for await` that reads them. */
export class EventQueue<T> implements AsyncIterableIterator<T, undefined> {
  private readonly events: T[] = [];
  private readonly waiting: Waiting<T>[] = [];
  private ended = false;
  private reason: unknown;

  /** @param limit events that wait at most. */
  constructor(
    private readonly limit: number,
    private readonly owner: EventQueueOwner,
  ) {}

  push(event: T): void {
    if (this.ended) return;
    const waiting = this.waiting.shift();
    if (waiting !== undefined) return waiting.resolve({ done: false, value: event });
    if (this.events.length >= this.limit) {
      this.end(
        new CoterieError(
          'COTERIE_E_CLIENT_OVERFLOW',
          `${this.limit} events wait to be read, and more came in`,
        ),
      );
      return this.owner.left(this);
    }
    this.events.push(event);
    if (this.events.length === Math.ceil(this.limit / 2)) this.owner.full(this, true);
  }

  /** No event follows. Those that wait can still be read; then `reason` is thrown unless it is undefined. */
  end(reason: unknown): void {
    if (this.ended) return;
    this.ended = true;
    this.reason = reason;
    for (const waiting of this.waiting.splice(0)) this.finish(waiting);
  }

  next(): Promise<IteratorResult<T, undefined>> {
    return new Promise((resolve, reject) => {
      if (this.events.length > 0) {
        resolve({ done: false, value: this.events.shift()! });
        if (this.events.length === Math.floor(this.limit / 4)) this.owner.full(this, false);
      } else if (this.ended) this.finish({ resolve, reject });
      else this.waiting.push({ resolve, reject });
    });
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.events.length = 0;
    this.end(undefined);
    this.owner.left(this);
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  /** The reason is given once; whoever reads on gets the end. */
  private finish({ resolve, reject }: Waiting<T>): void {
    const { reason } = this;
    this.reason = undefined;
    if (reason === undefined) resolve({ done: true, value: undefined });
    else reject(reason);
  }
}
