import type { KnownBug } from './known-bug.js';
import { rows as membership } from './membership.js';
import { rows as ordering } from './ordering.js';

/** Bugs of one kind: the rows of one letter. */
export interface Area {
  readonly title: string;
  /** Of the module beside this one. */
  readonly file: string;
  readonly rows: readonly KnownBug[];
}

export const areas: readonly Area[] = [
  { title: 'A. Token, order, retransmission', file: 'ordering', rows: ordering },
  { title: 'B. Membership and recovery', file: 'membership', rows: membership },
];
