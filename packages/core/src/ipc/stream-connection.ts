import {
  CsError,
  type ClientRouter,
  type Connection,
  type Logger,
  type NodeId,
  type Peer,
} from '@coterie/sdk';
import {
  ERROR_AT,
  EVENT,
  FrameReader,
  HELLO_ID,
  Hello,
  ID_AT,
  KIND_AT,
  REQUEST_HEADER,
  RESPONSE,
  RESPONSE_HEADER,
  SIZE_AT,
  STREAM_VERSION,
  Welcome,
} from '@coterie/sdk/client';
import { Output } from './output.js';
import type { ByteStream, ByteStreamEvents } from './stream.js';

/** Largest message of an engine, and headers around it. */
export const MAX_FRAME = 1024 * 1024 + 64 * 1024;
const HELLO_SIZE = REQUEST_HEADER + 8;

/** What a connection needs of its server. */
export interface ConnectionHost {
  readonly router: ClientRouter;
  readonly nodeId: NodeId;
  readonly log: Logger;
  /** Something waits to be flushed. */
  dirty(connection: StreamConnection): void;
  /** The handshake is over, well or not. */
  settled(connection: StreamConnection): void;
  ended(connection: StreamConnection): void;
}

/** One client on the stream socket (docs/protocol-notes.md, "The client stream"). */
export class StreamConnection implements Connection, ByteStreamEvents {
  readonly peer: Peer;
  private readonly reader = new FrameReader(REQUEST_HEADER, HELLO_SIZE);
  private readonly output: Output;
  private handle: number | undefined;
  private open = true;
  /** The reader stands at a request that had no room. */
  private held = false;
  private flowing = true;
  private place: { view: DataView; offset: number } | undefined;
  private kind = RESPONSE;

  constructor(
    private readonly stream: ByteStream,
    private readonly host: ConnectionHost,
  ) {
    this.peer = stream.peer;
    this.output = new Output(stream, () => {
      if (this.open && this.handle !== undefined) host.router.caughtUp(this.handle);
    });
  }

  get behind(): boolean {
    return this.output.behind;
  }

  data(chunk: Uint8Array): void {
    if (!this.open) return;
    this.reader.push(chunk);
    this.read();
  }

  closed(): void {
    this.end();
  }

  reserve(kind: 'response' | 'event', size: number): { view: DataView; offset: number } | undefined {
    if (!this.open) return undefined;
    this.kind = kind === 'event' ? EVENT : RESPONSE;
    this.place = this.output.reserve(size);
    return this.place;
  }

  commit(): void {
    if (this.place === undefined) return;
    this.place.view.setUint32(this.place.offset + KIND_AT, this.kind, true);
    this.output.commit();
    this.host.dirty(this);
  }

  pause(paused: boolean): void {
    if (!this.open) return;
    if (paused) {
      this.held = true;
      return;
    }
    if (!this.held) return;
    this.held = false;
    if (this.take()) this.read();
  }

  close(reason: string): void {
    if (!this.open) return;
    // Anybody may knock: only who was let in is worth a line.
    const level = this.handle === undefined ? 'debug' : 'info';
    this.host.log[level](`client disconnected: ${reason}`, { pid: this.peer.pid });
    this.shut(true);
  }

  flush(): void {
    this.output.flush();
  }

  private read(): void {
    while (this.open && !this.held && this.reader.next()) this.take();
    if (!this.open) return;
    if (this.reader.fault !== undefined) return this.close(this.reader.fault);
    if (this.flowing === this.held) {
      this.flowing = !this.held;
      this.stream.flow(this.flowing);
    }
  }

  /** Hands the frame at which the reader stands to the router; false if it was not taken. */
  private take(): boolean {
    if (this.handle === undefined) {
      this.greet();
      return this.open;
    }
    const { view, offset, length } = this.reader;
    if (this.host.router.request(this.handle, view, offset, length) === 'taken') return true;
    this.held = true;
    return false;
  }

  private greet(): void {
    const { view, offset, length } = this.reader;
    const hello = Hello.decode(view, offset + REQUEST_HEADER, length - REQUEST_HEADER);
    if (!hello.ok || view.getInt32(offset + ID_AT, true) !== HELLO_ID) return this.close('no handshake');
    const { version, service } = hello.value;
    const answer =
      version === STREAM_VERSION ? this.host.router.accept(service, this) : { error: CsError.VERSION };
    if (!this.open) return;
    if ('handle' in answer) {
      this.handle = answer.handle;
      this.reader.largest = MAX_FRAME;
      this.welcome(CsError.OK);
      this.host.settled(this);
      this.host.router.opened(this.handle);
      return;
    }
    this.welcome(answer.error);
    this.shut(false);
  }

  private welcome(error: number): void {
    const body = { version: STREAM_VERSION, maxMessageSize: MAX_FRAME, nodeId: this.host.nodeId };
    const size = RESPONSE_HEADER + Welcome.size(body);
    const place = this.reserve('response', size);
    if (place === undefined) return;
    const { view, offset } = place;
    view.setInt32(offset + ID_AT, HELLO_ID, true);
    view.setInt32(offset + SIZE_AT, size, true);
    view.setInt32(offset + ERROR_AT, error, true);
    Welcome.encode(body, view, offset + RESPONSE_HEADER);
    this.commit();
  }

  private shut(now: boolean): void {
    this.output.flush();
    this.end();
    this.stream.close(now);
  }

  private end(): void {
    if (!this.open) return;
    this.open = false;
    const handle = this.handle;
    this.host.ended(this);
    if (handle !== undefined) this.host.router.closed(handle);
  }
}
