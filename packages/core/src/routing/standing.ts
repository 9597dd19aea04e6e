import type { WireRange } from '../sync/wire.js';

/** Whether an engine takes part in the cluster, and how its members talk. Each synchronisation decides anew. */
export class Standing {
  /** The version of its messages that the members have agreed on; until they have, the earliest that it speaks. */
  wire: number;
  /** Did it take part when the members agreed last? */
  active = false;
  /** Why it stands aside: it hears nothing, sends nothing and has no clients. Undefined: it takes part. */
  held: string | undefined = undefined;
  /** It has failed: it stands aside until the daemon is started again. */
  disabled = false;

  constructor(readonly range: WireRange = { min: 1, max: 1 }) {
    this.wire = range.min;
  }
}
