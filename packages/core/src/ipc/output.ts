import { EVENT_QUEUE_LIMIT } from '@coterie/sdk';
import type { ByteStream } from './stream.js';

const BLOCK = 16 * 1024;

/** Frames on their way to one peer: written where they go out from, sent together once a turn of the loop. */
export class Output {
  private block = new Uint8Array(0);
  private view = new DataView(this.block.buffer);
  /** Of {@link block}: handed to the stream, and filled. */
  private sent = 0;
  private filled = 0;
  private reserved = 0;
  private reservedEvent = false;
  /** Not yet taken by the peer's side. */
  private waitingBytes = 0;
  private waitingEvents = 0;
  private unsentEvents = 0;
  /** What was handed to the stream in one piece, oldest first. */
  private readonly inFlight: { bytes: number; events: number }[] = [];
  private readonly written = () => {
    const piece = this.inFlight.shift();
    if (piece === undefined) return;
    this.waitingBytes -= piece.bytes;
    this.waitingEvents -= piece.events;
  };
  private readonly place = { view: this.view, offset: 0 };

  constructor(private readonly stream: ByteStream) {}

  /** Room for a frame; undefined if the peer has left too much unread. */
  reserve(event: boolean, size: number): { view: DataView; offset: number } | undefined {
    if (this.waitingBytes + size > EVENT_QUEUE_LIMIT.bytes) return undefined;
    if (event && this.waitingEvents >= EVENT_QUEUE_LIMIT.events) return undefined;
    if (this.filled + size > this.block.length) this.renew(size);
    this.reserved = size;
    this.reservedEvent = event;
    this.place.view = this.view;
    this.place.offset = this.filled;
    return this.place;
  }

  /** The frame reserved last is complete. */
  commit(): void {
    this.filled += this.reserved;
    this.waitingBytes += this.reserved;
    if (this.reservedEvent) {
      this.waitingEvents++;
      this.unsentEvents++;
    }
    this.reserved = 0;
  }

  flush(): void {
    const bytes = this.filled - this.sent;
    if (bytes === 0) return;
    this.inFlight.push({ bytes, events: this.unsentEvents });
    this.unsentEvents = 0;
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
