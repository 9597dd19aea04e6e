import type { Peer, PeerCredentials } from '@coterie/sdk';

/** One accepted stream, as the stream server sees it. */
export interface ByteStream {
  readonly peer: Peer;
  /** Takes `bytes` for good; `written` is called once the peer's side has them. */
  write(bytes: Uint8Array, written: () => void): void;
  /** Stop, or go on, calling `data`. */
  flow(on: boolean): void;
  /** Ends the stream: behind what was written, or `now`, whether or not the peer reads. */
  close(now: boolean): void;
}

export interface ByteStreamEvents {
  data(chunk: Uint8Array): void;
  /** Called once; nothing is called afterwards. */
  closed(): void;
}

/** Where streams come from. */
export interface StreamListener {
  /**
   * @param credentials tells peers apart; without it they are unknown, and the permissions of the socket decide
   * @throws CoterieError COTERIE_E_IPC_IN_USE, COTERIE_E_IPC_SOCKET
   */
  open(
    accepted: (stream: ByteStream) => ByteStreamEvents,
    credentials: PeerCredentials | undefined,
  ): Promise<void>;
  close(): Promise<void>;
  /** Calls `run` when the input that has arrived has been worked off. */
  defer(run: () => void): void;
}
