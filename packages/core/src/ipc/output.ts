import { BEHIND, EVENT_QUEUE_LIMIT } from '@coterie/sdk';
import type { ByteStream } from './stream.js';

const BLOCK = 64 * 1024;

/** Frames on their way to one peer: written where they go out from, sent together once a turn of the loop. */
export class Output {
  private block = new Uint8Array(0);
  private view = new DataView(this.block.buffer);
  /** Of {@link block}: handed to the stream, and filled. */
  private sent = 0;
  private filled = 0;
  private reserved = 0;
  /** Not yet taken by the peer's side. */
  private waitingBytes = 0;
  /** Bytes of each piece that was handed to the stream, oldest first. */
  private readonly inFlight: number[] = [];
  private readonly written = () => {
    const wasBehind = this.behind;
    this.waitingBytes -= this.inFlight.shift() ?? 0;
    if (wasBehind && !this.behind) this.caughtUp();
  };
  private readonly place = { view: this.view, offset: 0 };

  constructor(
    private readonly stream: ByteStream,
    private readonly caughtUp: () => void,
  ) {}

  get behind(): boolean {
    return this.waitingBytes >= BEHIND;
  }

  /** Room for a frame; undefined if the peer has left too much unread. */
  reserve(size: number): { view: DataView; offset: number } | undefined {
    if (this.waitingBytes + size > EVENT_QUEUE_LIMIT) return undefined;
    if (this.filled + size > this.block.length) this.renew(size);
    this.reserved = size;
    this.place.view = this.view;
    this.place.offset = this.filled;
    return this.place;
  }

  /** The frame reserved last is complete. */
  commit(): void {
    this.filled += this.reserved;
    this.waitingBytes += this.reserved;
    this.reserved = 0;
  }

  flush(): void {
    const bytes = this.filled - this.sent;
    if (bytes === 0) return;
    this.inFlight.push(bytes);
    this.stream.write(this.block.subarray(this.sent, this.filled), this.written);
    this.sent = this.filled;
  }

  /** What the stream has got is never written to again, so a full block is left to it. */
  private renew(size: number): void {
    this.flush();
    this.block = new Uint8Array(Math.max(BLOCK, size));
    this.view = new DataView(this.block.buffer);
    this.sent = 0;
    this.filled = 0;
  }
}
