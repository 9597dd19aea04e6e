import type { NodeId, RingId } from '@coterie/sdk';

/** A process of a group, as cpg names it. */
export interface Address {
  readonly nodeId: NodeId;
  readonly pid: number;
}

/** One that joined or left, with cpg's number for why. */
export interface Change extends Address {
  readonly reason: number;
}

/** Where and when: virtual milliseconds, the node, and which of its lives (from 1). Node 0 is the world outside. */
export interface Origin {
  readonly at: number;
  readonly node: NodeId;
  readonly life: number;
}

/** What happens to a ring, as its node sees it. `content` is a hash of the packet. */
export type RingHappening =
  | { readonly kind: 'start' }
  | { readonly kind: 'fail'; readonly how: string }
  /** The trace of this life ends here, the node may have gone on: it was killed, or the trace is read too early. */
  | { readonly kind: 'cut' }
  | { readonly kind: 'state'; readonly state: string; readonly cause: string }
  | { readonly kind: 'transitional' | 'regular'; readonly ring: RingId; readonly members: readonly NodeId[] }
  | { readonly kind: 'originate'; readonly ring: RingId; readonly seq: number; readonly content: number }
  | {
      readonly kind: 'deliver';
      readonly ring: RingId;
      readonly seq: number;
      readonly from: NodeId;
      readonly content: number;
    }
  | { readonly kind: 'synchronised' };

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

export type Happening = RingHappening | ClientHappening | OutsideHappening;
export type TraceEvent = Origin & Happening;
