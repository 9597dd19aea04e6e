import type { NodeId } from '@coterie/sdk';

/** One service of the list as this node sees it; a service it does not have does nothing and is done at once. */
export interface Participant {
  process(): 'done' | 'again';
  activate(): void;
}

/**
 * Services synchronised one after the other by the same members: everybody processes, everybody says so with a
 * barrier, everybody activates. Messages are totally ordered, so nobody's barrier for the next service can
 * come before the last one for this.
 */
export class ServiceList {
  private index = 0;
  private announced = false;
  private readonly arrived = new Set<NodeId>();

  /** @param announce sends the barrier. */
  constructor(
    private readonly members: readonly NodeId[],
    private readonly participants: readonly Participant[],
    private readonly announce: () => void,
  ) {}

  get complete(): boolean {
    return this.index === this.participants.length;
  }

  /** A token was forwarded: go on with this node's part of the current service. */
  step(): void {
    const participant = this.participants[this.index];
    if (participant === undefined || this.announced) return;
    if (participant.process() === 'again') return;
    this.announced = true;
    this.announce();
  }

  barrier(from: NodeId): void {
    const participant = this.participants[this.index];
    if (participant === undefined || !this.members.includes(from)) return;
    this.arrived.add(from);
    if (this.arrived.size < this.members.length) return;
    this.arrived.clear();
    this.announced = false;
    this.index++;
    participant.activate();
  }
}
