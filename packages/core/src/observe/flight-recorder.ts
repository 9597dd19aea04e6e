import { formatRing, type Clock, type NodeId } from '@coterie/sdk';
import type { Configuration, RingState } from '@coterie/totem';

const KEPT = 100;

/** One step of the membership: a change of the ring's state with its cause, or a configuration. */
export interface Transition {
  /** Milliseconds since the Unix epoch. */
  readonly at: number;
  readonly what: RingState | 'transitional configuration' | 'regular configuration' | 'synchronised';
  readonly cause?: string;
  readonly ring?: string;
  readonly members?: readonly NodeId[];
}

/** The last transitions of the membership, for whoever has to explain an outage. */
export class FlightRecorder {
  private readonly transitions: Transition[] = [];

  constructor(private readonly clock: Clock) {}

  state(what: RingState, cause: string): void {
    this.record({ at: this.clock.wall(), what, cause });
  }

  configuration({ kind, ring, members }: Configuration): void {
    this.record({ at: this.clock.wall(), what: `${kind} configuration`, ring: formatRing(ring), members });
  }

  synchronised(): void {
    this.record({ at: this.clock.wall(), what: 'synchronised' });
  }

  /** Oldest first. */
  dump(): readonly Transition[] {
    return this.transitions.slice();
  }

  private record(transition: Transition): void {
    this.transitions.push(transition);
    if (this.transitions.length > KEPT) this.transitions.shift();
  }
}
