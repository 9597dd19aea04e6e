import { formatRing, type NodeId } from '@coterie/sdk';
import type { TraceEvent } from '../trace/event.js';
import type { Checker, Report } from './checker.js';
import { sameNodes } from './rings.js';

type Quorum = Extract<TraceEvent, { kind: 'quorum' }>;

/** A ring about whose quorum programs have heard. */
interface Ring {
  readonly members: readonly NodeId[];
  /** What members last said: their names by node. */
  readonly verdicts: Map<NodeId, { quorate: boolean; name: string }>;
  /** Members that have installed it and not left it. */
  readonly present: Set<NodeId>;
}

/**
 * Quorum (Q1 members of a ring say the same in the end, Q2 the node list is the ring's, Q3 no two rings of
 * different nodes are quorate at once). A minority stays quorate until it notices: a ring counts from when all
 * its members have installed it, until the first leaves it.
 */
export class QuorumChecker implements Checker {
  private readonly rings = new Map<string, Ring>();
  /** Ring of each node. */
  private readonly current = new Map<NodeId, string>();

  observe(event: TraceEvent, report: Report): void {
    if (event.kind === 'regular') this.install(event.node, formatRing(event.ring), event.members);
    else if (event.kind === 'fail' || event.kind === 'cut' || event.kind === 'start') this.leave(event.node);
    else if (event.kind === 'quorum') this.verdict(event, report);
  }

  /** Verdicts about rings that lasted to the end. */
  finish(report: Report): void {
    for (const [name, { members, verdicts, present }] of this.rings) {
      if (present.size < members.length) continue;
      const said = [...verdicts.values()];
      const other = said.find(({ quorate }) => quorate !== said[0]?.quorate);
      if (other !== undefined)
        report('Q1', `ring ${name}: ${said[0]?.name} and ${other.name} disagree about quorum`);
    }
  }

  private install(node: NodeId, name: string, members: readonly NodeId[]): void {
    this.leave(node);
    let ring = this.rings.get(name);
    if (ring === undefined)
      this.rings.set(name, (ring = { members, verdicts: new Map(), present: new Set() }));
    ring.present.add(node);
    this.current.set(node, name);
  }

  private leave(node: NodeId): void {
    const name = this.current.get(node);
    this.current.delete(node);
    const present = name === undefined ? undefined : this.rings.get(name)?.present;
    present?.delete(node);
    if (name !== undefined && present?.size === 0) this.rings.delete(name);
  }

  private verdict(event: Quorum, report: Report): void {
    const name = formatRing(event.ring);
    const ring = this.rings.get(name);
    // Before the first synchronisation there is no ring to speak of; nobody is any more on one that is gone.
    if (ring === undefined) return;
    const who = `${event.node}.${event.life}`;
    if (!sameNodes(ring.members, event.members))
      report('Q2', `${who}: ring ${name} has members [${event.members.join(' ')}] for quorum`, event);
    ring.verdicts.set(event.node, { quorate: event.quorate, name: who });
    if (event.quorate) this.checkOthers(name, ring, event, report);
  }

  private checkOthers(name: string, ring: Ring, event: Quorum, report: Report): void {
    if (!inForce(ring)) return;
    for (const [otherName, other] of this.rings) {
      if (other === ring || !inForce(other) || other.members.some((id) => ring.members.includes(id)))
        continue;
      if ([...other.verdicts.values()].every(({ quorate }) => quorate) && other.verdicts.size > 0)
        report('Q3', `rings ${name} and ${otherName} are quorate at the same time`, event);
    }
  }
}

function inForce({ members, present }: Ring): boolean {
  return present.size === members.length;
}
