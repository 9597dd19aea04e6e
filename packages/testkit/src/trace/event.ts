import type { Origin, RingHappening } from '@coterie/core';
import type { NodeId, RingId } from '@coterie/sdk';

export type { Origin, RingHappening } from '@coterie/core';

/** A process of a group, as cpg names it. */
export interface Address {
  readonly nodeId: NodeId;
  readonly pid: number;
}

/** One that joined or left, with cpg's number for why. */
export interface Change extends Address {
  readonly reason: number;
}

/**
 * What a client of a service sees. `pid` tells clients apart, in a whole run; `group` is cpg's. Messages are
 * numbered by their sender from 1.
 */
export type ClientHappening =
  | { readonly kind: 'submit'; readonly group: string; readonly pid: number; readonly number: number }
  | {
      readonly kind: 'hear';
      readonly group: string;
      readonly pid: number;
      readonly from: Address;
      readonly number: number;
    }
  | {
      readonly kind: 'group';
      readonly group: string;
      readonly pid: number;
      readonly members: readonly Address[];
      readonly joined: readonly Change[];
      readonly left: readonly Change[];
    }
  | {
      readonly kind: 'group-ring';
      readonly group: string;
      readonly pid: number;
      readonly ring: RingId;
      readonly members: readonly NodeId[];
    }
  | { readonly kind: 'gone'; readonly group: string; readonly pid: number }
  | {
      readonly kind: 'quorum';
      readonly quorate: boolean;
      readonly ring: RingId;
      readonly members: readonly NodeId[];
    };

/** What was done to the cluster: for people. `quiet`: nothing more; all have so many milliseconds to find one ring. */
export type OutsideHappening =
  { readonly kind: 'fault'; readonly what: string } | { readonly kind: 'quiet'; readonly patience: number };

/** The trace of this life ends here, the node may have gone on: it was killed, or the trace is read too early. */
export type CutHappening = { readonly kind: 'cut' };

export type Happening = RingHappening | CutHappening | ClientHappening | OutsideHappening;
export type TraceEvent = Origin & Happening;
