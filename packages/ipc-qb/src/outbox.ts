import { EVENT, RECORD_HEADER, RESPONSE } from './addon.js';

const SIZE = 256 * 1024;
/** No ring has room for a longer frame. */
const MAX_FRAME = 1024 * 1024 + 64 * 1024;

/** Frames for all clients, on their way to the addon: written where they go out from, sent together. */
export class Outbox {
  private bytes = new Uint8Array(SIZE);
  private view = new DataView(this.bytes.buffer);
  private filled = 0;
  private reserved = 0;
  private readonly place = { view: this.view, offset: 0 };

  /** @param send takes the bytes over at once */
  constructor(private readonly send: (bytes: Uint8Array, length: number) => void) {}

  get empty(): boolean {
    return this.filled === 0;
  }

  /** Room for a frame of `size` bytes; undefined if no client could take it. */
  reserve(
    slot: number,
    kind: 'response' | 'event',
    size: number,
  ): { view: DataView; offset: number } | undefined {
    if (size > MAX_FRAME) return undefined;
    const whole = RECORD_HEADER + ((size + 7) & ~7);
    if (this.filled + whole > this.bytes.length) this.flush();
    if (whole > this.bytes.length) this.grow(whole);
    this.view.setUint32(this.filled, slot, true);
    this.view.setUint32(this.filled + 4, kind === 'event' ? EVENT : RESPONSE, true);
    this.view.setUint32(this.filled + 8, size, true);
    this.reserved = whole;
    this.place.view = this.view;
    this.place.offset = this.filled + RECORD_HEADER;
    return this.place;
  }

  /** The frame reserved last is complete. */
  commit(): void {
    this.filled += this.reserved;
    this.reserved = 0;
  }

  flush(): void {
    if (this.filled === 0) return;
    const length = this.filled;
    this.filled = 0;
    this.send(this.bytes, length);
  }

  private grow(size: number): void {
    this.bytes = new Uint8Array(size);
    this.view = new DataView(this.bytes.buffer);
  }
}
