import type { Socket } from 'node:net';
import type { Codec } from '../codec.js';
import { CoterieError } from '../errors.js';
import { ID_AT, KIND_AT, REQUEST_HEADER, SIZE_AT } from './frames.js';

const BLOCK = 64 * 1024;
/** Above so many bytes that the daemon has not read, senders are asked to wait. */
const BACKED_UP = 1024 * 1024;
/** Above so many, those that did not wait are refused. */
const FULL = 64 * 1024 * 1024;

/** The frame that requests `id`: header, `value`, then `tail`. */
export function encodeFrame<T>(
  id: number,
  codec: Codec<T>,
  value: T,
  tail: Uint8Array | undefined,
): Uint8Array {
  const frame = Buffer.allocUnsafeSlow(frameSize(codec, value, tail));
  writeFrame(frame, new DataView(frame.buffer), 0, frame.length, id, codec, value, tail);
  return frame;
}

function frameSize<T>(codec: Codec<T>, value: T, tail: Uint8Array | undefined): number {
  return REQUEST_HEADER + codec.size(value) + (tail === undefined ? 0 : tail.length);
}

function writeFrame<T>(
  bytes: Uint8Array,
  view: DataView,
  at: number,
  size: number,
  id: number,
  codec: Codec<T>,
  value: T,
  tail: Uint8Array | undefined,
): void {
  view.setInt32(at + ID_AT, id, true);
  view.setInt32(at + KIND_AT, 0, true);
  view.setInt32(at + SIZE_AT, size, true);
  view.setInt32(at + SIZE_AT + 4, 0, true);
  const end = codec.encode(value, view, at + REQUEST_HEADER);
  if (tail !== undefined) bytes.set(tail, end);
}

/**
 * Requests on their way to the daemon. Frames are encoded one behind the other into blocks, and what one turn of
 * the event loop has sent leaves in one write.
 */
export class Outbox {
  private block = Buffer.allocUnsafeSlow(BLOCK);
  private view = new DataView(this.block.buffer);
  /** Bytes of the block that have been handed to the socket, and that are filled. */
  private flushed = 0;
  private filled = 0;
  private flushing = false;
  private drain: PromiseWithResolvers | undefined;

  /** @param largest bytes of a frame, header included. */
  constructor(
    private readonly socket: Socket,
    private readonly largest: number,
  ) {
    socket.on('drain', () => {
      this.drain?.resolve();
      this.drain = undefined;
    });
  }

  get backedUp(): boolean {
    return this.waiting > BACKED_UP;
  }

  /** @throws CoterieError COTERIE_E_CLIENT_TOO_BIG, COTERIE_E_CLIENT_OVERFLOW */
  append<T>(id: number, codec: Codec<T>, value: T, tail: Uint8Array | undefined): void {
    const size = frameSize(codec, value, tail);
    this.check(id, size);
    this.makeRoom(size);
    writeFrame(this.block, this.view, this.filled, size, id, codec, value, tail);
    this.filled += size;
    this.flushSoon();
  }

  /** Appends a frame of {@link encodeFrame} that has passed {@link check}. */
  appendFrame(frame: Uint8Array): void {
    this.makeRoom(frame.length);
    this.block.set(frame, this.filled);
    this.filled += frame.length;
    this.flushSoon();
  }

  check(id: number, size: number): void {
    if (size > this.largest) {
      throw new CoterieError(
        'COTERIE_E_CLIENT_TOO_BIG',
        `request ${id} takes ${size} bytes; the daemon accepts ${this.largest}`,
      );
    }
    if (this.waiting > FULL) {
      throw new CoterieError(
        'COTERIE_E_CLIENT_OVERFLOW',
        `request ${id}: ${this.waiting} bytes sent before wait for the daemon to read them`,
      );
    }
  }

  /** Resolves once the daemon's socket has taken everything sent so far; rejects if the connection ends before. */
  async drained(): Promise<void> {
    this.flush();
    if (this.socket.writableLength === 0) return;
    this.drain ??= withResolvers();
    return this.drain.promise;
  }

  flush(): void {
    if (this.filled === this.flushed) return;
    this.socket.write(this.block.subarray(this.flushed, this.filled));
    this.flushed = this.filled;
  }

  end(reason: CoterieError): void {
    this.drain?.reject(reason);
    this.drain = undefined;
  }

  private get waiting(): number {
    return this.socket.writableLength + this.filled - this.flushed;
  }

  /** The bytes of a block that the socket has been given are its own: a full block is left to it. */
  private makeRoom(size: number): void {
    if (this.block.length - this.filled >= size) return;
    this.flush();
    this.block = Buffer.allocUnsafeSlow(Math.max(BLOCK, size));
    this.view = new DataView(this.block.buffer);
    this.flushed = this.filled = 0;
  }

  private flushSoon(): void {
    if (this.flushing) return;
    this.flushing = true;
    process.nextTick(() => {
      this.flushing = false;
      this.flush();
    });
  }
}

interface PromiseWithResolvers {
  readonly promise: Promise<void>;
  resolve(): void;
  reject(reason: Error): void;
}

/** Whether or not anybody waits for the promise, its rejection counts as handled. */
function withResolvers(): PromiseWithResolvers {
  let resolve!: () => void;
  let reject!: (reason: Error) => void;
  const promise = new Promise<void>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  promise.catch(() => {});
  return { promise, resolve, reject };
}
