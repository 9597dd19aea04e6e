import { boundedString, list, struct, u16, u32, type Infer } from '@coterie/sdk';

/** As in the manifest, under `coterie` in package.json. */
export const SERVICE = 2000;

const name = boundedString(u16, 62);

/** Request 0, from a program: I want this lock. It is answered when the program has it. */
export const Want = struct({ name });

/**
 * Messages 0 and 1, to every member: a program of this node wants the lock; it does no longer. A node that comes back
 * has another life, in which its programs are others.
 */
export const Claim = struct({ node: u32, life: u32, client: u32, name });
export type Claim = Infer<typeof Claim>;

/** What members agree on, in the order in which it was claimed: the first claim of a name has the lock. */
export const Claims = list(Claim);
