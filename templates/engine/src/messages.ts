import { boundedString, list, struct, u16, u32, type Infer } from '@coterie/sdk';

/** As in the manifest. */
export const SERVICE = __service__;

/** Bytes of the longest line, in UTF-8. */
export const LONGEST = 254;
const text = boundedString(u16, LONGEST);

/** Request 0, from a program: put this on the board. */
export const Text = struct({ text });

/** Its answer: which line it has become. */
export const Said = struct({ number: u32 });

/** Message 0, to every member. `client`: who is waiting for the answer on the node that sent it. */
export const Say = struct({ client: u32, text });

/** Event 0, to every program: a line has come. */
export const Line = struct({ number: u32, node: u32, text });
export type Line = Infer<typeof Line>;

/** All that members have to agree on: what travels to a node that has been away. */
export const Kept = struct({ said: u32, lines: list(Line) });
