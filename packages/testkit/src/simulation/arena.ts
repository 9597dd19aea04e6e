/** Bytes of a block: many packets and frames. */
const BLOCK = 1 << 18;

/** Zeroed memory of short life for packets and frames: one buffer for many, as a buffer of its own for each is slow. */
export class Arena {
  private view = new DataView(new ArrayBuffer(0));
  private used = 0;

  /** Nobody else gets these bytes. */
  take(size: number): { readonly view: DataView; readonly offset: number } {
    if (size > BLOCK / 4) return { view: new DataView(new ArrayBuffer(size)), offset: 0 };
    if (this.used + size > this.view.byteLength) {
      this.view = new DataView(new ArrayBuffer(BLOCK));
      this.used = 0;
    }
    const offset = this.used;
    // Whoever looks at numbers of eight bytes may want them aligned.
    this.used += (size + 7) & ~7;
    return { view: this.view, offset };
  }

  copy(bytes: Uint8Array, offset: number, length: number): Uint8Array {
    const room = this.take(length);
    const copied = new Uint8Array(room.view.buffer, room.offset, length);
    copied.set(bytes.subarray(offset, offset + length));
    return copied;
  }
}
