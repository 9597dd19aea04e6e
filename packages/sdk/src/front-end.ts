import { token } from './token.js';

/** Who is at the other end of a connection; -1 where the operating system does not tell. */
export interface Peer {
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
}

/** Tells who is at the other end of a Unix socket, which Node does not: a plugin with a native part provides it (`scope: daemon`). */
export interface PeerCredentials {
  /** False: it cannot do it on this machine. */
  readonly available: boolean;
  /** @param descriptor of a connected socket of this process. Undefined: the system does not tell. */
  of(descriptor: number): Peer | undefined;
}
export const PeerCredentials = token<PeerCredentials>('PeerCredentials');

/** A connection holds at most so many bytes that its peer has not read. */
export const EVENT_QUEUE_LIMIT = 64 * 1024 * 1024;
/** From so many unread bytes on a peer is `behind`: it may not add to the traffic before it has read. */
export const BEHIND = 1024 * 1024;

/** A connection as its front-end sees it: the router writes to it. Frames are {i32 id, pad, i32 size, pad} + body, little-endian. */
export interface Connection {
  readonly peer: Peer;
  /** The peer has left {@link BEHIND} bytes or more unread: what it sends without an answer waits. */
  readonly behind: boolean;
  /**
   * Room for a response or event frame of exactly `size` bytes; the router fills it in and calls {@link commit} at once.
   * Frames wait here for a slow peer. Undefined: {@link EVENT_QUEUE_LIMIT} is reached, or the connection is
   * closed; the router then closes it.
   */
  reserve(kind: 'response' | 'event', size: number): { view: DataView; offset: number } | undefined;
  commit(): void;
  /**
   * A request of this connection was `busy`: hold it and those behind it (true), or offer them again (false).
   * They may be offered before this returns.
   */
  pause(paused: boolean): void;
  close(reason: string): void;
}

/** The executive's side: front-ends hand connections and request frames to it. */
export interface ClientRouter {
  /** Is there an engine with this service number? */
  serves(service: number): boolean;
  /**
   * A program wants to talk to `service`. An accepted connection has a handle (u32); otherwise the CS_ERR number
   * and why (NOT_EXIST: no such engine; TRY_AGAIN: not synchronised yet; ACCESS; NO_RESOURCES: too many).
   */
  accept(service: number, connection: Connection): { handle: number } | { error: number; reason: string };
  /** The peer has been told that it was accepted: the engine may hear of it, and send it events. */
  opened(handle: number): void;
  /**
   * One whole request frame, `length` bytes at `offset` of `bytes`, valid during the call only. `busy`: not
   * taken, for lack of room; keep the frame and offer it again once `pause(false)` was called.
   */
  request(handle: number, bytes: DataView, offset: number, length: number): 'taken' | 'busy';
  /**
   * This request, as for {@link request}, stands behind one that was `busy`. A peer that waits for an answer may read
   * nothing else meanwhile: those ahead of it then do not wait for it to read.
   */
  queued(handle: number, bytes: DataView, offset: number): void;
  /** The peer is not `behind` any more. */
  caughtUp(handle: number): void;
  /** The peer is gone. */
  closed(handle: number): void;
}
export const ClientRouter = token<ClientRouter>('ClientRouter');

/** A way for local programs to reach engines (`kind: ipc`). */
export interface FrontEnd {
  start(): Promise<void>;
  stop(): Promise<void>;
}
