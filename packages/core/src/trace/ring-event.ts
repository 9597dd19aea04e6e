import type { NodeId, RingId } from '@coterie/sdk';

/**
 * When and where: milliseconds, of the machine (CLOCK_MONOTONIC) or of a simulation; the node, 0 for the world outside;
 * which of its lives: a process id, or in simulations and merged traces a number from 1.
 */
export interface Origin {
  readonly at: number;
  readonly node: NodeId;
  readonly life: number;
}

/** What happens to a ring, as its node sees it. `content` is a hash of the packet. */
export type RingHappening =
  /** `wall`: what time it is, in milliseconds since the Unix epoch. */
  | { readonly kind: 'start'; readonly wall?: number }
  | { readonly kind: 'fail'; readonly how: string }
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

export type RingEvent = Origin & RingHappening;
