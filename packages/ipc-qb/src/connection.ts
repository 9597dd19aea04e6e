import { BEHIND, EVENT_QUEUE_LIMIT, type ClientRouter, type Connection, type Peer } from '@coterie/sdk';
import { FLOW_CONTROL, GO, NOT_READ } from './addon.js';

/**
 * From so many held bytes on a client is not read any more: it goes on in spite of flow control. What may be on its way
 * when it is told is less: what its ring or socket and the addon have room for.
 */
const HELD_LIMIT = 8 * 1024 * 1024;

/** What a connection needs of its server. */
export interface ConnectionHost {
  readonly router: ClientRouter;
  /** Bytes that the addon holds for a slot, because its client does not read. */
  waiting(slot: number): number;
  reserve(
    slot: number,
    kind: 'response' | 'event',
    size: number,
  ): { view: DataView; offset: number } | undefined;
  commit(): void;
  hold(slot: number, hold: number): void;
  close(connection: QbConnection, reason: string): void;
}

/** One client of libqb. */
export class QbConnection implements Connection {
  handle = 0;
  private open = true;
  /** Requests that had no room, oldest first. */
  private held: DataView[] = [];
  private heldBytes = 0;
  private paused = false;
  private holding = GO;

  constructor(
    readonly slot: number,
    readonly peer: Peer,
    private readonly host: ConnectionHost,
  ) {}

  get behind(): boolean {
    return this.host.waiting(this.slot) >= BEHIND;
  }

  /** One whole request frame; its bytes are valid during the call only. */
  request(view: DataView, offset: number, length: number): void {
    if (!this.open) return;
    if (!this.paused && this.held.length === 0) {
      if (this.host.router.request(this.handle, view, offset, length) === 'taken') return;
      this.paused = true;
    }
    const at = view.byteOffset + offset;
    this.held.push(new DataView(view.buffer.slice(at, at + length)));
    this.heldBytes += length;
    this.hold(this.heldBytes > HELD_LIMIT ? NOT_READ : FLOW_CONTROL);
    if (this.held.length > 1) this.host.router.queued(this.handle, view, offset);
  }

  reserve(kind: 'response' | 'event', size: number): { view: DataView; offset: number } | undefined {
    if (!this.open || this.host.waiting(this.slot) + size > EVENT_QUEUE_LIMIT) return undefined;
    return this.host.reserve(this.slot, kind, size);
  }

  commit(): void {
    this.host.commit();
  }

  pause(paused: boolean): void {
    this.paused = paused;
    if (!paused) this.offer();
  }

  close(reason: string): void {
    if (this.open) this.host.close(this, reason);
  }

  /** Nothing is taken from it or sent to it any more. */
  end(): void {
    this.open = false;
    this.held = [];
  }

  private offer(): void {
    while (this.open && !this.paused && this.held.length > 0) {
      const request = this.held[0]!;
      if (this.host.router.request(this.handle, request, 0, request.byteLength) === 'busy') {
        this.paused = true;
        return;
      }
      this.held.shift();
      this.heldBytes -= request.byteLength;
    }
    if (this.open && this.held.length === 0) this.hold(GO);
  }

  private hold(hold: number): void {
    if (hold === this.holding) return;
    this.holding = hold;
    this.host.hold(this.slot, hold);
  }
}
