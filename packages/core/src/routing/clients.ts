import { CsError, type Client, type Clients, type Codec, type Connection } from '@coterie/sdk';
import { ConnectionCounts, type CountedConnection } from '../observe/connections.js';

/** Header of a response or event: i32 id at 0, i32 size at 8, i32 error at 16. */
const HEADER = 24;

/** One connection, as its engine sees it. */
export class LocalClient implements Client, CountedConnection {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
  state: unknown = undefined;
  readonly counts = new ConnectionCounts();
  /** Has the request being handled been answered? */
  answered = false;
  /** Does it wait for the answer of a request that stands behind others? */
  awaiting = false;
  private open = true;
  /** The memory that the front-end gave last: it gives the same again and again. */
  private memory = new Uint8Array(0);

  constructor(
    readonly id: number,
    private readonly connection: Connection,
    private readonly disconnected: (client: LocalClient) => void,
  ) {
    ({ pid: this.pid, uid: this.uid, gid: this.gid } = connection.peer);
  }

  respond<T>(id: number, error: CsError, codec?: Codec<T>, value?: T, tail?: Uint8Array): void {
    this.answered = true;
    this.awaiting = false;
    this.send('response', id, error, codec, value, tail);
  }

  dispatch<T>(id: number, codec: Codec<T>, value: T, tail?: Uint8Array): boolean {
    return this.send('event', id, CsError.OK, codec, value, tail);
  }

  close(reason: string): void {
    if (!this.open) return;
    this.connection.close(reason);
    this.disconnected(this);
  }

  get behind(): boolean {
    return this.connection.behind;
  }

  pause(paused: boolean): void {
    if (!this.open) return;
    if (this.counts.held !== paused) {
      this.counts.held = paused;
      this.counts.flowControls++;
    }
    this.connection.pause(paused);
  }

  /** The peer is not there any more. */
  gone(): void {
    this.open = false;
  }

  private send<T>(
    kind: 'response' | 'event',
    id: number,
    error: CsError,
    codec: Codec<T> | undefined,
    value: T | undefined,
    tail: Uint8Array | undefined,
  ): boolean {
    if (!this.open) return false;
    const head = HEADER + (codec === undefined ? 0 : codec.size(value as T));
    const size = head + (tail?.length ?? 0);
    const room = this.connection.reserve(kind, size);
    if (room === undefined) {
      this.close('it does not read: too much is waiting for it');
      return false;
    }
    const { view, offset } = room;
    view.setInt32(offset, id, true);
    view.setInt32(offset + 4, 0, true);
    view.setInt32(offset + 8, size, true);
    view.setInt32(offset + 12, 0, true);
    view.setInt32(offset + 16, error, true);
    view.setInt32(offset + 20, 0, true);
    codec?.encode(value as T, view, offset + HEADER);
    if (tail !== undefined) this.bytesOf(view).set(tail, view.byteOffset + offset + head);
    this.connection.commit();
    if (kind === 'event') this.counts.dispatched++;
    else this.counts.responses++;
    return true;
  }

  private bytesOf({ buffer }: DataView): Uint8Array {
    if (this.memory.buffer !== buffer) this.memory = new Uint8Array(buffer as ArrayBuffer);
    return this.memory;
  }
}

/** The connections of one engine. */
export class EngineClients implements Clients {
  private readonly clients = new Set<LocalClient>();

  get size(): number {
    return this.clients.size;
  }

  dispatch<T>(id: number, codec: Codec<T>, value: T, tail?: Uint8Array): void {
    for (const client of this.clients) client.dispatch(id, codec, value, tail);
  }

  [Symbol.iterator](): Iterator<Client> {
    return this.clients.values();
  }

  add(client: LocalClient): void {
    this.clients.add(client);
  }

  remove(client: LocalClient): void {
    this.clients.delete(client);
  }
}
