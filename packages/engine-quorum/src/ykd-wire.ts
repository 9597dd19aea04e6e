import { safeU64, struct, u32 } from '@coterie/sdk';
import { json } from '@coterie/sdk/json';
import type { YkdState } from './ykd.js';

/** Messages among the members: what is left of an earlier ring names that one. */
export const YkdMessage = { state: 0, attempt: 1 } as const;

/** Sessions that may be ambiguous at once. */
export const MAX_AMBIGUOUS = 64;
/** A ring has at most so many members (corosync: PROCESSOR_COUNT_MAX). */
const MAX_MEMBERS = 384;

const number = { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER };
const session = {
  type: 'object',
  properties: { id: number, members: { type: 'array', items: number, minItems: 1, maxItems: MAX_MEMBERS } },
  required: ['id', 'members'],
};

/** Also what a node keeps on its disk. */
export const StateText = json<YkdState>({
  type: 'object',
  properties: {
    id: number,
    lastPrimary: session,
    ambiguous: { type: 'array', items: session, maxItems: MAX_AMBIGUOUS },
  },
  required: ['id', 'lastPrimary', 'ambiguous'],
});

const Ring = struct({ representative: u32, sequence: safeU64 });
export const StateOf = struct({ ring: Ring, state: StateText });
/** The sender has written down that it takes part in this session. */
export const Attempt = struct({ ring: Ring, session: safeU64 });
