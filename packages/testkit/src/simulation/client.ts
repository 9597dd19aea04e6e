import {
  BEHIND,
  CsError,
  EVENT_QUEUE_LIMIT,
  type ClientRouter,
  type Codec,
  type Connection,
  type Peer,
} from '@coterie/sdk';
import { Arena } from './arena.js';
import type { SimulatedProcess } from './process.js';

const REQUEST_HEADER = 16;
const HEADER = 24;
/** Milliseconds from one end of a connection to the other. */
const LATENCY = 0.02;
const arena = new Arena();

/** What the daemon sent. */
export interface Frame {
  readonly kind: 'response' | 'event';
  readonly id: number;
  readonly error: CsError;
  readonly body: DataView;
}

/** A request or a frame on its way. */
interface Bytes {
  readonly view: DataView;
  readonly offset: number;
  readonly length: number;
}

/** A program connected to one service of a simulated node: it speaks with frames, as any front-end does. */
export class SimulatedClient {
  /** CS_ERR number and reason, if it was not let in. */
  readonly refused: { error: number; reason: string } | undefined;
  /** Why the daemon's side ended it, or `lost` when the daemon is gone. */
  closed: string | undefined;
  /** Hears of each frame, in order. */
  onFrame: (frame: Frame) => void = () => undefined;
  onClosed: () => void = () => undefined;
  /** Milliseconds that reading one frame takes; Infinity: it does not read. Set it with {@link read}. */
  private pace = 0;
  private handle: number | undefined;
  private readonly requests: Bytes[] = [];
  private held = false;
  private readonly inbox: (Bytes & { readonly kind: Frame['kind'] })[] = [];
  private unread = 0;
  private reading = false;

  /** Use `SimulatedNode.connect`. */
  constructor(
    private readonly process: SimulatedProcess,
    private readonly router: ClientRouter | undefined,
    service: number,
    private readonly ended: () => void,
  ) {
    const answer = process.alive ? router?.accept(service, this.connection()) : undefined;
    if (answer === undefined) this.refused = { error: CsError.TRY_AGAIN, reason: 'the daemon is not there' };
    else if ('error' in answer) this.refused = answer;
    else this.handle = answer.handle;
    if (this.handle !== undefined) router?.opened(this.handle);
    if (this.refused !== undefined) this.closed = this.refused.reason;
  }

  get connected(): boolean {
    return this.closed === undefined;
  }

  /** Sends a request; `tail` stands behind the encoded value. */
  request<T>(id: number, codec: Codec<T>, value: T, tail?: Uint8Array): void {
    const head = REQUEST_HEADER + codec.size(value);
    const length = head + (tail?.length ?? 0);
    const { view, offset } = arena.take(length);
    view.setInt32(offset, id, true);
    view.setInt32(offset + 8, length, true);
    codec.encode(value, view, offset + REQUEST_HEADER);
    if (tail !== undefined) new Uint8Array(view.buffer).set(tail, offset + head);
    this.post({ view, offset, length });
  }

  /** Sends these bytes as one request, whatever they are: for what a program may do wrong. */
  send(frame: Uint8Array): void {
    const { view, offset } = arena.take(frame.length);
    new Uint8Array(view.buffer).set(frame, offset);
    this.post({ view, offset, length: frame.length });
  }

  /** Requests that the daemon has not taken yet. */
  get waiting(): number {
    return this.requests.length;
  }

  /** From now on a frame takes so long to read; Infinity: nothing is read. */
  read(pace: number): void {
    this.pace = pace;
    this.readOn();
  }

  /** The program ends, without a word to its service. */
  disconnect(): void {
    if (!this.connected) return;
    this.end('disconnected');
    const { handle, router } = this;
    this.process.schedule.after(LATENCY, () =>
      this.process.input(() => handle !== undefined && router?.closed(handle)),
    );
  }

  /** @internal the daemon is gone */
  lost(): void {
    this.end('lost');
  }

  private post(request: Bytes): void {
    this.requests.push(request);
    this.process.schedule.after(LATENCY, () => this.process.input(() => this.offer()));
  }

  private end(reason: string): void {
    if (!this.connected) return;
    this.closed = reason;
    this.inbox.length = this.requests.length = 0;
    this.ended();
    this.onClosed();
  }

  private offer(): void {
    while (this.connected && !this.held && this.handle !== undefined) {
      const [next] = this.requests;
      if (next === undefined) return;
      if (this.router?.request(this.handle, next.view, next.offset, next.length) === 'busy') return;
      this.requests.shift();
    }
  }

  private connection(): Connection {
    let frame: (Bytes & { readonly kind: Frame['kind'] }) | undefined;
    const unread = () => this.unread;
    const peer: Peer = { pid: -1, uid: -1, gid: -1 };
    return {
      peer,
      get behind() {
        return unread() >= BEHIND;
      },
      reserve: (kind, size) => {
        if (!this.connected || (kind === 'event' && this.unread + size > EVENT_QUEUE_LIMIT)) return undefined;
        frame = { kind, ...arena.take(size), length: size };
        return frame;
      },
      commit: () => {
        if (frame === undefined) return;
        this.inbox.push(frame);
        this.unread += frame.length;
        frame = undefined;
        this.readOn();
      },
      pause: (paused) => {
        this.held = paused;
        if (!paused) this.offer();
      },
      close: (reason) => {
        this.end(reason);
      },
    };
  }

  private readOn(): void {
    if (this.reading || this.pace === Infinity || this.inbox.length === 0) return;
    this.reading = true;
    this.process.schedule.after(LATENCY + this.pace, () => {
      this.reading = false;
      this.readSome();
    });
  }

  /** All that is there, or one frame if reading takes time. */
  private readSome(): void {
    if (this.pace === Infinity) return;
    const wasBehind = this.unread >= BEHIND;
    for (let left = this.pace > 0 ? 1 : this.inbox.length; left > 0; left--) {
      const frame = this.inbox.shift();
      if (frame === undefined || !this.connected) return;
      this.unread -= frame.length;
      this.heard(frame);
    }
    if (wasBehind && this.unread < BEHIND) {
      const { handle, router } = this;
      this.process.input(() => handle !== undefined && router?.caughtUp(handle));
    }
    this.readOn();
  }

  private heard({ kind, view, offset, length }: Bytes & { readonly kind: Frame['kind'] }): void {
    const body = new DataView(view.buffer, offset + HEADER, length - HEADER);
    const error = view.getInt32(offset + 16, true) as CsError;
    this.onFrame({ kind, id: view.getInt32(offset, true), error, body });
  }
}
