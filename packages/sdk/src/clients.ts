import type { Codec } from './codec.js';
import type { CsError } from './cs-error.js';
import { token } from './token.js';

/** One connection of a local program to one engine. */
export interface Client {
  /** Unique among this daemon's connections, never used again; u32 range. */
  readonly id: number;
  /** Of the peer, where the operating system tells; else -1. */
  readonly pid: number;
  readonly uid: number;
  readonly gid: number;
  /** It has left 1 MiB or more unread: an engine may refuse what would make it more. */
  readonly behind: boolean;
  /** The engine's own state for this connection. */
  state: unknown;
  /** Answer the request being handled, or one answered late: header {id, size, error}, then value, then tail. */
  respond(id: number, error: CsError): void;
  respond<T>(id: number, error: CsError, codec: Codec<T>, value: T, tail?: Uint8Array): void;
  /**
   * Send an event. Events queue up to a limit (64 MiB); a client over it is disconnected with
   * a logged reason: false then.
   */
  dispatch<T>(id: number, codec: Codec<T>, value: T, tail?: Uint8Array): boolean;
  /** Disconnect; `reason` goes to the log. The engine's `onDisconnect` runs. */
  close(reason: string): void;
}

/** The connected clients of this engine on this node. */
export interface Clients extends Iterable<Client> {
  readonly size: number;
  /** Dispatch to every one. */
  dispatch<T>(id: number, codec: Codec<T>, value: T, tail?: Uint8Array): void;
}
export const Clients = token<Clients>('Clients');
