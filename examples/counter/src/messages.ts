import { i64, struct, u32 } from '@coterie/sdk';

/** As in the manifest. */
export const SERVICE = 2001;

/** Request 0, from a program: add this to the counter. */
export const Amount = struct({ amount: i64 });

/** Message 0, to every member. `client`: who is waiting for the answer on the node that sent it. */
export const Add = struct({ client: u32, amount: i64 });

/** What the counter stands at: the answer to requests 0 and 1, event 0, and what travels to a node that has been away. */
export const Value = struct({ value: i64 });
