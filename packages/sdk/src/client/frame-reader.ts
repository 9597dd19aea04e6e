import { REQUEST_HEADER, SIZE_AT } from './frames.js';

/**
 * Cuts a stream of bytes into frames. Frames that lie whole in a chunk are read where they are; only one that
 * spans chunks is copied, once. Memory that was handed out is never written again.
 *
 *     reader.push(chunk);
 *     while (reader.next()) use(reader.view, reader.offset, reader.length);
 *     if (reader.fault !== undefined) ...
 */
export class FrameReader {
  /** The frame that {@link next} found: `length` bytes at `offset` of `view`. */
  view: DataView = new DataView(new ArrayBuffer(0));
  offset = 0;
  length = 0;
  /** Why no frame can follow any more. */
  fault: string | undefined;

  private chunk: Uint8Array = new Uint8Array(0);
  private chunkView: DataView = this.view;
  private at = 0;
  /** The start of a frame whose header is not whole yet. */
  private readonly header = new Uint8Array(REQUEST_HEADER);
  private headerBytes = 0;
  /** A frame that spans chunks. */
  private spanning: Uint8Array | undefined;
  private spanned = 0;

  /** @param smallest @param largest bytes of a frame, header included. */
  constructor(
    public smallest: number,
    public largest: number,
  ) {}

  /** Adds what has arrived; only when {@link next} has said that there is no further frame. */
  push(chunk: Uint8Array): void {
    this.chunk = chunk;
    this.chunkView = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    this.at = 0;
  }

  /** Moves to the next whole frame. False: there is none yet, or never again because of a {@link fault}. */
  next(): boolean {
    if (this.fault !== undefined) return false;
    if (this.spanning === undefined && this.headerBytes > 0 && !this.completeHeader()) return false;
    if (this.spanning !== undefined) return this.completeSpanning(this.spanning);

    const left = this.chunk.length - this.at;
    if (left < REQUEST_HEADER) {
      this.header.set(this.chunk.subarray(this.at));
      this.headerBytes = left;
      this.at = this.chunk.length;
      return false;
    }
    const size = this.chunkView.getInt32(this.at + SIZE_AT, true);
    if (!this.sizeFits(size)) return false;
    if (left < size) {
      this.spanning = Buffer.allocUnsafeSlow(size);
      this.spanned = 0;
      return this.completeSpanning(this.spanning);
    }
    this.view = this.chunkView;
    this.offset = this.at;
    this.length = size;
    this.at += size;
    return true;
  }

  /** Fills up the header; once it is whole, makes room for its frame. */
  private completeHeader(): boolean {
    this.headerBytes += this.take(this.header, this.headerBytes);
    if (this.headerBytes < REQUEST_HEADER) return false;
    const size = new DataView(this.header.buffer).getInt32(SIZE_AT, true);
    if (!this.sizeFits(size)) return false;
    this.spanning = Buffer.allocUnsafeSlow(size);
    this.spanning.set(this.header);
    this.spanned = REQUEST_HEADER;
    this.headerBytes = 0;
    return true;
  }

  private completeSpanning(frame: Uint8Array): boolean {
    this.spanned += this.take(frame, this.spanned);
    if (this.spanned < frame.length) return false;
    this.view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
    this.offset = 0;
    this.length = frame.length;
    this.spanning = undefined;
    return true;
  }

  /** Copies from the chunk what fits behind `from` in `into`; returns how much that was. */
  private take(into: Uint8Array, from: number): number {
    const n = Math.min(into.length - from, this.chunk.length - this.at);
    into.set(this.chunk.subarray(this.at, this.at + n), from);
    this.at += n;
    return n;
  }

  private sizeFits(size: number): boolean {
    if (size >= this.smallest && size <= this.largest) return true;
    this.fault = `a frame of ${size} bytes: ${this.smallest} to ${this.largest} are allowed`;
    return false;
  }
}
