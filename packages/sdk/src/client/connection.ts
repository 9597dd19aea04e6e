import type { Socket } from 'node:net';
import type { Codec } from '../codec.js';
import { CoterieError } from '../errors.js';
import type { NodeId } from '../ring.js';
import { Call } from './call.js';
import { EventQueue, type EventQueueOwner } from './event-queue.js';
import type { FrameReader } from './frame-reader.js';
import { EVENT, ID_AT, KIND_AT, RESPONSE, RESPONSE_HEADER } from './frames.js';
import { Outbox, encodeFrame } from './outbox.js';

/** How long {@link Connection.close} waits for the daemon to read what was sent. */
const CLOSE_MS = 1000;
const EVENT_LIMIT = 8192;

export interface CallOptions {
  /** Bytes behind the value. */
  readonly tail?: Uint8Array;
  /** Ends the waiting: a request that was sent already is still handled by the daemon, its answer dropped. */
  readonly signal?: AbortSignal;
}

export interface EventOptions {
  /** Events that wait at most for the reader; 8,192 unless told. */
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

interface Listener {
  readonly codec: Codec<unknown>;
  readonly handler: (event: never) => void;
}

/**
 * A connection to one service of the local daemon. It ends when either side closes it, when the daemon stops, or
 * when what comes in makes no sense; it is never opened again behind the caller's back: {@link closed} tells,
 * and `connect` makes a new one.
 *
 * Bytes in answers and events are views of memory that is theirs: they stay valid, and keep up to 64 KiB alive.
 */
export class Connection implements AsyncDisposable {
  /** Resolves at the end: with the reason, or with undefined after {@link close}. Never rejects. */
  readonly closed: Promise<CoterieError | undefined>;

  private readonly outbox: Outbox;
  /** The first one has been sent, the others wait for its answer. */
  private readonly calls: Call<unknown>[] = [];
  private readonly listeners = new Map<number, readonly Listener[]>();
  /** Queues of {@link events}, each with what unregisters it. */
  private readonly queues = new Map<EventQueue<unknown>, () => void>();
  private readonly fullQueues = new Set<object>();
  private reading = false;
  /** Why no request can be sent any more. */
  private over: CoterieError | undefined;
  private settleClosed!: (reason: CoterieError | undefined) => void;

  /** Made by `connect`: the handshake is done and the socket paused. */
  constructor(
    private readonly socket: Socket,
    private readonly reader: FrameReader,
    /** Of the daemon. */
    readonly nodeId: NodeId,
    /** Bytes of the largest request, its header of 16 included. */
    readonly maxMessageSize: number,
    private readonly path: string,
  ) {
    this.closed = new Promise((resolve) => (this.settleClosed = resolve));
    this.outbox = new Outbox(socket, maxMessageSize);
    socket.on('data', (chunk: Buffer) => {
      this.reader.push(chunk);
      this.readFrames();
    });
    socket.on('error', (error) => this.lose(`the connection to ${path} failed: ${error.message}`, error));
    socket.on('close', () => {
      this.lose(`the daemon closed the connection to ${path}`);
      this.settleClosed(this.loss);
    });
    // Events may have come in along with the handshake: give the caller a turn to register for them.
    setImmediate(() => {
      this.readFrames();
      this.reading = true;
      this.adjustFlow();
    });
  }

  /**
   * Sends a request and waits for its answer. Calls are sent one at a time, in order, each behind the previous
   * one's answer.
   *
   * @throws ServiceError COTERIE_E_CLIENT_REQUEST, whose `csError` is what the service answered.
   * @throws CoterieError COTERIE_E_CLIENT_TOO_BIG, _OVERFLOW, _PROTOCOL (the answer is none), _LOST, _CLOSED.
   */
  async call<Q, A>(
    id: number,
    codec: Codec<Q>,
    value: Q,
    answer: Codec<A>,
    { tail, signal }: CallOptions = {},
  ): Promise<A> {
    signal?.throwIfAborted();
    if (this.over !== undefined) throw this.over;
    const frame = encodeFrame(id, codec, value, tail);
    this.outbox.check(id, frame.length);
    const call = new Call(id, frame, answer);
    this.calls.push(call as Call<unknown>);
    this.sendCall();
    const abort = () => {
      // One that was sent keeps its place: its answer is still to come.
      if (call.frame !== undefined) this.calls.splice(this.calls.indexOf(call as Call<unknown>), 1);
      call.reject(signal?.reason);
    };
    signal?.addEventListener('abort', abort, { once: true });
    try {
      return await call.promise;
    } finally {
      signal?.removeEventListener('abort', abort);
    }
  }

  /**
   * Sends a request that gets no answer; it overtakes calls that wait for their turn. Requests of one turn of the
   * event loop leave together. A promise is returned only if more than 1 MiB waits for the daemon to read it: wait
   * for it before sending more.
   *
   * @throws CoterieError COTERIE_E_CLIENT_TOO_BIG, _OVERFLOW (64 MiB wait), _LOST, _CLOSED.
   */
  send<Q>(id: number, codec: Codec<Q>, value: Q, tail?: Uint8Array): Promise<void> | undefined {
    if (this.over !== undefined) throw this.over;
    this.outbox.append(id, codec, value, tail);
    return this.outbox.backedUp ? this.outbox.drained() : undefined;
  }

  /** Resolves once everything sent so far has left this process. */
  async drained(): Promise<void> {
    if (this.over !== undefined) throw this.over;
    return this.outbox.drained();
  }

  /** Calls `handler` for every event `id` from now on. Returns the function that ends it. */
  on<E>(id: number, codec: Codec<E>, handler: (event: E) => void): () => void {
    const listener: Listener = { codec, handler };
    this.listeners.set(id, [...(this.listeners.get(id) ?? []), listener]);
    return () => {
      const others = this.listeners.get(id)?.filter((other) => other !== listener) ?? [];
      this.listeners.set(id, others);
    };
  }

  /**
   * The events `id` from now on, for `for await`; it throws the reason if the connection is lost. When half of
   * `limit` wait and no call does, the connection is not read, so events wait in the daemon (which
   * disconnects clients that let too many wait). At `limit` it ends with COTERIE_E_CLIENT_OVERFLOW.
   */
  events<E>(id: number, codec: Codec<E>, options?: EventOptions): AsyncIterableIterator<E, undefined> {
    return this.collect<E>((push) => [this.on(id, codec, push)], options);
  }

  /**
   * Like {@link events}, for whatever `register`'s handlers push: events of several ids in their one order, or
   * what was made of them. `register` returns what ends its handlers.
   */
  collect<E>(
    register: (push: (event: E) => void) => readonly (() => void)[],
    { limit = EVENT_LIMIT, signal }: EventOptions = {},
  ): AsyncIterableIterator<E, undefined> {
    signal?.throwIfAborted();
    const queue = new EventQueue<E>(limit, this.queueOwner);
    if (this.over !== undefined) {
      queue.end(this.loss);
      return queue;
    }
    const stops = register((event) => queue.push(event));
    const abort = () => {
      queue.end(signal?.reason);
      this.queueOwner.left(queue);
    };
    signal?.addEventListener('abort', abort, { once: true });
    this.queues.set(queue, () => {
      for (const stop of stops) stop();
      signal?.removeEventListener('abort', abort);
    });
    return queue;
  }

  /** Ends the connection. What was sent before still leaves, if the daemon reads it within a second. */
  async close(): Promise<void> {
    if (this.over === undefined) {
      this.outbox.flush();
      this.finish(new CoterieError('COTERIE_E_CLIENT_CLOSED', `the connection to ${this.path} was closed`));
      this.socket.destroySoon();
      const patience = setTimeout(() => this.socket.destroy(), CLOSE_MS);
      this.socket.once('close', () => clearTimeout(patience));
    }
    await this.closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  private readonly queueOwner: EventQueueOwner = {
    full: (queue, full) => {
      if (full) this.fullQueues.add(queue);
      else this.fullQueues.delete(queue);
      this.adjustFlow();
    },
    left: (queue) => {
      this.queues.get(queue as EventQueue<unknown>)?.();
      this.queues.delete(queue as EventQueue<unknown>);
      this.fullQueues.delete(queue);
      this.adjustFlow();
    },
  };

  private readFrames(): void {
    const { reader } = this;
    while (this.over === undefined && reader.next()) {
      const { view, offset, length } = reader;
      const kind = view.getUint32(offset + KIND_AT, true);
      if (kind === EVENT) this.takeEvent(view, offset, length);
      else if (kind === RESPONSE) this.takeResponse(view, offset, length);
      else this.abandon(`a frame of kind ${kind}`);
    }
    if (reader.fault !== undefined) this.abandon(reader.fault);
  }

  private takeEvent(view: DataView, offset: number, length: number): void {
    const id = view.getInt32(offset + ID_AT, true);
    for (const { codec, handler } of this.listeners.get(id) ?? []) {
      const event = codec.decode(view, offset + RESPONSE_HEADER, length - RESPONSE_HEADER);
      if (!event.ok) return this.abandon(`event ${id}: ${event.reason}`);
      try {
        handler(event.value as never);
      } catch (error) {
        // A handler's own error is not to stop the reading: it goes where errors of event handlers go.
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  private takeResponse(view: DataView, offset: number, length: number): void {
    const call = this.calls[0];
    if (call === undefined) return this.abandon('an answer to no request');
    call.settle(view, offset, length);
    this.calls.shift();
    this.sendCall();
  }

  /** Sends the first call unless it has been. */
  private sendCall(): void {
    const call = this.calls[0];
    if (call?.frame !== undefined) {
      this.outbox.appendFrame(call.frame);
      call.frame = undefined;
    }
    this.adjustFlow();
  }

  /** Reads on, unless readers of events are behind and no call waits for its answer behind those events. */
  private adjustFlow(): void {
    if (!this.reading || this.over !== undefined) return;
    if (this.fullQueues.size > 0 && this.calls.length === 0) this.socket.pause();
    else this.socket.resume();
  }

  /** What the daemon sent makes no sense; nothing behind it can be trusted. */
  private abandon(what: string): void {
    if (this.over !== undefined) return;
    this.finish(new CoterieError('COTERIE_E_CLIENT_PROTOCOL', `the daemon at ${this.path} sent ${what}`));
    this.socket.destroy();
  }

  private lose(message: string, cause?: Error): void {
    if (this.over !== undefined) return;
    this.finish(new CoterieError('COTERIE_E_CLIENT_LOST', message, { cause }));
    this.socket.destroy();
  }

  private finish(reason: CoterieError): void {
    this.over = reason;
    for (const call of this.calls.splice(0)) call.reject(reason);
    for (const [queue, unregister] of this.queues) {
      unregister();
      queue.end(this.loss);
    }
    this.queues.clear();
    this.listeners.clear();
    this.outbox.end(reason);
  }

  /** Why the connection ended, unless it was closed by {@link close}. */
  private get loss(): CoterieError | undefined {
    return this.over?.code === 'COTERIE_E_CLIENT_CLOSED' ? undefined : this.over;
  }
}
