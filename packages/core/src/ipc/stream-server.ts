import type { ClientRouter, FrontEnd, Logger, NodeId, PeerCredentials, Timer, Timers } from '@coterie/sdk';
import { StreamConnection, type ConnectionHost } from './stream-connection.js';
import type { ByteStream, StreamListener } from './stream.js';

/** Milliseconds that a program has for its handshake. */
const HANDSHAKE = 5000;
/** From so many at once on the oldest ends: it had the most time. Together with the router's limit, what the listener admits. */
const MAX_HANDSHAKES = 128;

export interface StreamServerPorts {
  readonly listener: StreamListener;
  readonly router: ClientRouter;
  readonly timers: Timers;
  readonly nodeId: NodeId;
  readonly credentials: PeerCredentials | undefined;
  readonly log: Logger;
}

/** A stopped timer may live on until it would have run out: the connection, with its memory, is not to live as long. */
class Handshake {
  private readonly timer: Timer;

  constructor(
    private connection: StreamConnection | undefined,
    timers: Timers,
  ) {
    this.timer = timers.timer(() => this.connection?.close('no handshake'));
    this.timer.start(HANDSHAKE);
  }

  over(): void {
    this.timer.stop();
    this.connection = undefined;
  }
}

/** The built-in front-end: programs reach the engines through one stream socket of this node. */
export class StreamServer implements FrontEnd, ConnectionHost {
  readonly router: ClientRouter;
  readonly nodeId: NodeId;
  readonly log: Logger;
  private readonly connections = new Set<StreamConnection>();
  /** Connections without a handshake, oldest first, and the timer that waits for each. */
  private readonly unsettled = new Map<StreamConnection, Handshake>();
  private unflushed = new Set<StreamConnection>();
  private readonly flushAll = () => {
    const connections = this.unflushed;
    this.unflushed = new Set();
    for (const connection of connections) connection.flush();
  };

  constructor(private readonly ports: StreamServerPorts) {
    this.router = ports.router;
    this.nodeId = ports.nodeId;
    this.log = ports.log;
  }

  start(): Promise<void> {
    return this.ports.listener.open((stream) => this.accepted(stream), this.ports.credentials);
  }

  async stop(): Promise<void> {
    for (const connection of [...this.connections]) connection.close('the daemon is leaving');
    await this.ports.listener.close();
  }

  dirty(connection: StreamConnection): void {
    if (this.unflushed.size === 0) this.ports.listener.defer(this.flushAll);
    this.unflushed.add(connection);
  }

  settled(connection: StreamConnection): void {
    this.unsettled.get(connection)?.over();
    this.unsettled.delete(connection);
  }

  ended(connection: StreamConnection): void {
    this.settled(connection);
    this.connections.delete(connection);
    this.unflushed.delete(connection);
  }

  private accepted(stream: ByteStream): StreamConnection {
    if (this.unsettled.size >= MAX_HANDSHAKES) {
      const [oldest] = this.unsettled.keys();
      oldest?.close('too many handshakes at a time');
    }
    const connection = new StreamConnection(stream, this);
    this.connections.add(connection);
    this.unsettled.set(connection, new Handshake(connection, this.ports.timers));
    return connection;
  }
}
