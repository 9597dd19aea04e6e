import type {
  ClientRouter,
  Clock,
  FrontEnd,
  Logger,
  NodeId,
  PeerCredentials,
  Timer,
  Timers,
} from '@coterie/sdk';
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
  readonly clock: Clock;
  readonly nodeId: NodeId;
  readonly credentials: PeerCredentials | undefined;
  readonly log: Logger;
}

/** The built-in front-end: programs reach the engines through one stream socket of this node. */
export class StreamServer implements FrontEnd, ConnectionHost {
  readonly router: ClientRouter;
  readonly nodeId: NodeId;
  readonly log: Logger;
  private readonly connections = new Set<StreamConnection>();
  /** Connections without a handshake, oldest first, and when each ends. */
  private readonly unsettled = new Map<StreamConnection, number>();
  /** Runs out when the oldest of them may: a timer each would live on for five seconds after a short handshake. */
  private readonly handshakes: Timer;
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
    this.handshakes = ports.timers.timer(() => this.endHandshakes());
  }

  start(): Promise<void> {
    return this.ports.listener.open((stream) => this.accepted(stream), this.ports.credentials);
  }

  async stop(): Promise<void> {
    for (const connection of [...this.connections]) connection.close('the daemon is leaving');
    this.handshakes.stop();
    await this.ports.listener.close();
  }

  dirty(connection: StreamConnection): void {
    if (this.unflushed.size === 0) this.ports.listener.defer(this.flushAll);
    this.unflushed.add(connection);
  }

  settled(connection: StreamConnection): void {
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
    this.unsettled.set(connection, this.ports.clock.now() + HANDSHAKE);
    if (!this.handshakes.running) this.handshakes.start(HANDSHAKE);
    return connection;
  }

  private endHandshakes(): void {
    const now = this.ports.clock.now();
    for (const [connection, end] of this.unsettled) {
      if (end > now) return this.handshakes.start(end - now);
      connection.close('no handshake');
    }
  }
}
