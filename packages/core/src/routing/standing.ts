import type { WireRange } from '../sync/wire.js';

/** Whether an engine takes part in the cluster, and how its members talk. Each synchronisation decides anew. */
export class Standing {
  /** The version of its messages that the members have agreed on; until they have, the earliest that it speaks. */
  wire: number;
  /** Has it agreed with the members, and taken part ever since? Else there is nothing in it to lose. */
  active = false;
  /** Why it stands aside: it hears nothing, sends nothing and has no clients. Undefined: it takes part. */
  held: string | undefined = undefined;
  /** It has failed: the members agree without it, until it is started again or the daemon is. */
  disabled = false;

  constructor(readonly range: WireRange = { min: 1, max: 1 }) {
    this.wire = range.min;
  }
}
