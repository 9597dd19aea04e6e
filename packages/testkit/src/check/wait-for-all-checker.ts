import { formatRing, type NodeId } from '@coterie/sdk';
import type { TraceEvent } from '../trace/event.js';
import type { Checker, Report } from './checker.js';

type Quorum = Extract<TraceEvent, { kind: 'quorum' }>;

/** Milliseconds that a goodbye takes at most, from the word that a node is leaving to its end. */
const GOODBYE = 10_000;

/**
 * With wait_for_all (Q7): a ring is quorate only if all nodes were there at once since one of its members started, or
 * this one has met such a member. A goodbye makes the others expect fewer votes, and wait for fewer nodes.
 */
export class WaitForAllChecker implements Checker {
  private readonly up = new Set<NodeId>();
  /** Those that need not wait any more. */
  private readonly released = new Set<NodeId>();
  private early: Quorum | undefined;

  /** @param nodes how many the cluster has */
  constructor(private readonly nodes: number) {}

  observe(event: TraceEvent): void {
    switch (event.kind) {
      case 'start':
        this.released.delete(event.node);
        return void this.up.add(event.node);
      case 'regular':
        if (event.members.length === this.nodes || this.anyReleased(event.members))
          this.released.add(event.node);
        return;
      case 'fail':
        this.up.delete(event.node);
        if (event.how !== 'crash') this.goodbye(event.at);
        return;
      case 'quorum':
        if (event.quorate && !this.anyReleased(event.members)) this.early ??= event;
        return;
      default:
    }
  }

  finish(report: Report): void {
    if (this.early === undefined) return;
    const { node, life, ring } = this.early;
    const message = `${node}.${life}: ring ${formatRing(ring)} was quorate without having waited for all`;
    report('Q7', message, this.early);
  }

  private anyReleased(members: readonly NodeId[]): boolean {
    return members.some((node) => this.released.has(node));
  }

  private goodbye(at: number): void {
    for (const node of this.up) this.released.add(node);
    if (this.early !== undefined && at - this.early.at < GOODBYE) this.early = undefined;
  }
}
