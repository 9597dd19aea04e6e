import type { Connection, Peer } from '@coterie/sdk';

export interface Frame {
  readonly kind: 'response' | 'event';
  readonly id: number;
  readonly size: number;
  readonly error: number;
  readonly body: Buffer;
}

/** A front-end's connection that keeps what is sent to it. */
export class FakeConnection implements Connection {
  readonly frames: Frame[] = [];
  readonly pauses: boolean[] = [];
  behind = false;
  closedFor: string | undefined;
  /** Frames that there is still room for. */
  space = Infinity;
  private pending: { kind: 'response' | 'event'; bytes: Buffer } | undefined;

  constructor(readonly peer: Peer = { pid: 1, uid: 0, gid: 0 }) {}

  reserve(kind: 'response' | 'event', size: number): { view: DataView; offset: number } | undefined {
    if (this.frames.length >= this.space) return undefined;
    const bytes = Buffer.alloc(size + 5, 0xee);
    this.pending = { kind, bytes };
    return { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length), offset: 5 };
  }

  commit(): void {
    if (this.pending === undefined) throw new Error('nothing reserved');
    const { kind, bytes } = this.pending;
    const frame = bytes.subarray(5);
    this.frames.push({
      kind,
      id: frame.readInt32LE(0),
      size: frame.readInt32LE(8),
      error: frame.readInt32LE(16),
      body: frame.subarray(24),
    });
    this.pending = undefined;
  }

  pause(paused: boolean): void {
    this.pauses.push(paused);
  }

  close(reason: string): void {
    this.closedFor = reason;
  }
}
