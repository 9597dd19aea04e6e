import { constants } from 'node:os';
import { CsError, type ClientRouter, type Logger } from '@coterie/sdk';
import {
  CAUGHT_UP,
  CLOSED,
  endings,
  OPENED,
  RECORD_HEADER,
  REQUEST,
  type Addon,
  type NativeServer,
} from './addon.js';
import { QbConnection, type ConnectionHost } from './connection.js';
import { Outbox } from './outbox.js';

/** What libqb's clients make of an errno is the CS_ERR that stands here. */
const errnos: ReadonlyMap<number, number> = new Map([
  [CsError.ACCESS, constants.errno.EACCES],
  [CsError.TRY_AGAIN, constants.errno.EAGAIN],
  [CsError.NO_RESOURCES, constants.errno.ENOMEM],
  [CsError.NOT_EXIST, constants.errno.ENOENT],
]);

/** The clients of libqb: all that they sent in a turn of the loop comes in one call, all for them goes out in one. */
export class QbServer implements ConnectionHost {
  private readonly native: NativeServer;
  private readonly inbox: DataView;
  private readonly waitingBytes: Uint32Array;
  private readonly connections: (QbConnection | undefined)[] = [];
  private readonly outbox: Outbox;
  /** The outbox is about to be flushed. */
  private flushing = false;
  private readonly flush = () => {
    this.flushing = false;
    this.outbox.flush();
  };

  /** @throws Error if libqb cannot be loaded */
  constructor(
    addon: Addon,
    readonly router: ClientRouter,
    private readonly log: Logger,
  ) {
    const inbox = new Uint8Array(addon.inboxSize);
    this.inbox = new DataView(inbox.buffer);
    this.waitingBytes = new Uint32Array(addon.slots);
    this.native = new addon.Server(
      inbox,
      this.waitingBytes,
      (length) => this.records(length),
      (service, slot, pid, uid, gid) => this.accept(service, new QbConnection(slot, { pid, uid, gid }, this)),
    );
    this.outbox = new Outbox((bytes, length) => this.native.send(bytes, length));
  }

  /** Lets programs connect by this name. 0 or an errno. */
  serve(name: string, service: number, sockets: boolean): number {
    return this.native.serve(name, service, sockets);
  }

  stop(): void {
    this.outbox.flush();
    for (const connection of this.connections) {
      if (connection !== undefined) this.ended(connection);
    }
    this.native.stop();
  }

  waiting(slot: number): number {
    return this.waitingBytes[slot]!;
  }

  reserve(
    slot: number,
    kind: 'response' | 'event',
    size: number,
  ): { view: DataView; offset: number } | undefined {
    return this.outbox.reserve(slot, kind, size);
  }

  commit(): void {
    this.outbox.commit();
    if (this.flushing) return;
    this.flushing = true;
    setImmediate(this.flush);
  }

  hold(slot: number, hold: number): void {
    this.native.hold(slot, hold);
  }

  close(connection: QbConnection, reason: string): void {
    this.log.info(`client disconnected: ${reason}`, { pid: connection.peer.pid });
    this.outbox.flush();
    this.ended(connection);
  }

  private accept(service: number, connection: QbConnection): number {
    const answer = this.router.accept(service, connection);
    if ('error' in answer) return errnos.get(answer.error) ?? constants.errno.EINVAL;
    connection.handle = answer.handle;
    this.connections[connection.slot] = connection;
    return 0;
  }

  private records(length: number): void {
    const { inbox } = this;
    this.flushing = true;
    try {
      for (let at = 0; at < length;) {
        const connection = this.connections[inbox.getUint32(at, true)];
        const size = inbox.getUint32(at + 8, true);
        // Without a connection: it was closed from here, and this had been on its way.
        if (connection !== undefined) this.record(connection, at, size);
        at += RECORD_HEADER + ((size + 7) & ~7);
      }
    } finally {
      this.flush();
    }
  }

  private record(connection: QbConnection, at: number, size: number): void {
    switch (this.inbox.getUint32(at + 4, true)) {
      case REQUEST:
        return connection.request(this.inbox, at + RECORD_HEADER, size);
      case OPENED:
        return this.router.opened(connection.handle);
      case CAUGHT_UP:
        return this.router.caughtUp(connection.handle);
      case CLOSED: {
        const reason = endings[this.inbox.getUint32(at + 12, true)];
        if (reason !== undefined) connection.close(reason);
        else this.ended(connection);
      }
    }
  }

  private ended(connection: QbConnection): void {
    connection.end();
    this.connections[connection.slot] = undefined;
    this.native.release(connection.slot);
    this.router.closed(connection.handle);
  }
}
