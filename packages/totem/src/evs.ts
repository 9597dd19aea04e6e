import type { NodeId, RingId } from '@coterie/sdk';

/** A configuration as the layer above hears of it. Node ids ascend (unsigned). */
export interface Configuration {
  /** Transitional: the members that came along from this node's old ring; its ring id is the *new* ring's, as in corosync. */
  readonly kind: 'transitional' | 'regular';
  readonly ring: RingId;
  readonly members: readonly NodeId[];
  readonly left: readonly NodeId[];
  readonly joined: readonly NodeId[];
}

/** What Totem tells the layer above. Nothing here may throw. */
export interface TotemUpcalls {
  configuration(configuration: Configuration): void;
  /** The token has been passed on: the moment to take a step of synchronisation. */
  tokenForwarded(): void;
  /** Why a membership round began (`gather`) or ended, for logs and the flight recorder. */
  stateChanged(state: RingState, reason: string): void;
  /** The ring sequence could not be stored: no ring may be formed any more, the daemon has to stop. */
  fatal(error: Error): void;
}

export type RingState = 'operational' | 'gather' | 'commit' | 'recovery';

/**
 * A whole message of a process group, sent by `from`: `length` bytes at `offset`, behind the group prefix.
 * The memory is valid during the call only.
 */
export type Deliver = (from: NodeId, bytes: DataView, offset: number, length: number) => void;
