import { formatRing, sameRing, type NodeId, type RingId, type View } from '@coterie/sdk';
import type { Address, TraceEvent } from '../trace/event.js';
import type { Checker, Report } from './checker.js';

type Kind<K extends TraceEvent['kind']> = Extract<TraceEvent, { kind: K }>;

/** A program in a group, by what it was told last. */
interface Program {
  readonly pid: number;
  readonly node: NodeId;
  readonly group: string;
  members: readonly Address[];
  joined: boolean;
  ring: RingId | undefined;
}

/**
 * What programs have been told fits what is there, at the end of a run that ends at rest (after the event `quiet`).
 * C7: groups have exactly the members that are there; C9: cpg has told all of the ring that their node is on; Q4:
 * quorum speaks about that ring too, and is there when all nodes are; Q5: no ghosts: the nodes of groups are among those
 * that quorum counts, and those are members of the ring.
 */
export class RestChecker implements Checker {
  private readonly programs = new Map<number, Program>();
  private readonly rings = new Map<NodeId, View>();
  private readonly verdicts = new Map<NodeId, Kind<'quorum'>>();
  private readonly known = new Set<NodeId>();
  private quiet = false;

  observe(event: TraceEvent): void {
    switch (event.kind) {
      case 'quiet':
        this.quiet = true;
        return;
      case 'start':
        this.known.add(event.node);
        return this.forget(event.node);
      case 'fail':
      case 'cut':
        return this.forget(event.node);
      case 'regular':
        return void this.rings.set(event.node, { ring: event.ring, members: event.members });
      case 'quorum':
        return void this.verdicts.set(event.node, event);
      case 'group':
        return this.group(event);
      case 'group-ring':
        return void (this.program(event).ring = event.ring);
      case 'gone':
        return void this.programs.delete(event.pid);
      default:
    }
  }

  finish(report: Report): void {
    if (!this.quiet) return;
    for (const program of this.programs.values()) {
      if (program.joined) this.checkProgram(program, report);
    }
    for (const verdict of this.verdicts.values()) this.checkVerdict(verdict, report);
  }

  private checkProgram({ pid, node, group, members, ring }: Program, report: Report): void {
    const there = [...this.programs.values()].filter((other) => other.joined && other.group === group);
    const expected = list(there.map((other) => ({ nodeId: other.node, pid: other.pid })));
    if (list(members) !== expected)
      report('C7', `${pid} knows the members ${list(members)} instead of ${expected}`);
    const installed = this.rings.get(node);
    if (installed === undefined) return;
    if (ring === undefined || !sameRing(ring, installed.ring)) {
      const told = ring === undefined ? 'none' : formatRing(ring);
      report('C9', `${pid} was told of ring ${told}, its node is on ${formatRing(installed.ring)}`);
    }
    const counted = this.verdicts.get(node)?.members ?? installed.members;
    const ghosts = members.filter(({ nodeId }) => !counted.includes(nodeId));
    if (ghosts.length > 0) report('Q5', `${pid} knows members ${list(ghosts)} on nodes that are not there`);
  }

  private checkVerdict({ node, ring, members, quorate }: Kind<'quorum'>, report: Report): void {
    const installed = this.rings.get(node);
    if (installed === undefined) return;
    if (!sameRing(ring, installed.ring)) {
      const rings = `${formatRing(ring)}, its node is on ${formatRing(installed.ring)}`;
      report('Q4', `quorum of node ${node} is about ring ${rings}`);
    } else if (!quorate && installed.members.length === this.known.size)
      report('Q4', `node ${node} is not quorate with everybody there`);
    const ghosts = members.filter((id) => !installed.members.includes(id));
    if (ghosts.length > 0) report('Q5', `quorum of node ${node} counts ${ghosts.join(' ')}, not in the ring`);
  }

  private group(event: Kind<'group'>): void {
    const program = this.program(event);
    program.members = event.members;
    program.joined ||= event.joined.some(({ pid }) => pid === event.pid);
  }

  private forget(node: NodeId): void {
    this.rings.delete(node);
    this.verdicts.delete(node);
    for (const [pid, program] of this.programs) if (program.node === node) this.programs.delete(pid);
  }

  private program({ pid, node, group }: { pid: number; node: NodeId; group: string }): Program {
    let program = this.programs.get(pid);
    if (program === undefined) {
      program = { pid, node, group, members: [], joined: false, ring: undefined };
      this.programs.set(pid, program);
    }
    return program;
  }
}

function list(members: readonly Address[]): string {
  return members
    .map(({ nodeId, pid }) => `${nodeId}:${pid}`)
    .sort()
    .join(' ');
}
