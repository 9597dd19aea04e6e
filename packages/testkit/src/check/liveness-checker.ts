import { formatRing, sameRing, type NodeId, type RingId } from '@coterie/sdk';
import type { TraceEvent } from '../trace/event.js';
import type { Checker, Report } from './checker.js';

type Kind<K extends TraceEvent['kind']> = Extract<TraceEvent, { kind: K }>;

/** A node that is up. */
interface Node {
  ring: RingId | undefined;
  members: readonly NodeId[];
  synchronised: boolean;
  /** Not on the way to another ring. */
  operational: boolean;
  /** Highest numbers sent and delivered on this ring. */
  sent: number;
  delivered: number;
}

/** A program in a group. */
interface Program {
  readonly group: string;
  readonly node: NodeId;
  joined: boolean;
  /** Number of the message submitted last. */
  submitted: number;
  /** By sender: what it had submitted when this one joined, and what was heard of it last. */
  readonly before: Map<number, number>;
  readonly heard: Map<number, number>;
}

/**
 * What has to come once nothing disturbs the nodes any more (event `quiet`). L1: all that are up find one ring within
 * the time that `quiet` gives; L2: in the end everybody has delivered and heard everything; L3: once there is that ring,
 * no configuration changes. A start or an end of a node or another fault after that counts as a new disturbance.
 */
export class LivenessChecker implements Checker {
  private readonly nodes = new Map<NodeId, Node>();
  private readonly programs = new Map<number, Program>();
  /** Milliseconds that the nodes have from the last disturbance on; undefined: it is not quiet yet. */
  private patience: number | undefined;
  private deadline = Infinity;
  /** Are all on one ring? And have they been seen there since the last disturbance? */
  private stable = false;
  private arrived = false;
  private readonly reported = new Set<'L1' | 'L3'>();

  /** @param traced has this node a trace? Members without one are taken to be up. */
  constructor(private readonly traced: (node: NodeId) => boolean = () => true) {}

  observe(event: TraceEvent, report: Report): void {
    if (event.at > this.deadline && !this.stable) this.once('L1', this.notOne(), report, event);
    switch (event.kind) {
      case 'quiet':
        this.patience = event.patience;
        return this.disturbed(event.at);
      case 'fault':
        return this.struck(event.at);
      case 'start':
        this.nodes.set(event.node, newNode());
        return this.disturbed(event.at);
      case 'fail':
      case 'cut':
        this.nodes.delete(event.node);
        for (const [pid, { node }] of this.programs) if (node === event.node) this.programs.delete(pid);
        return this.disturbed(event.at);
      case 'transitional':
        return this.changed(event, report);
      case 'regular':
        this.changed(event, report);
        this.nodes.set(event.node, { ...newNode(), ring: event.ring, members: event.members });
        return;
      case 'state':
        return void (this.node(event).operational = event.state === 'operational');
      case 'synchronised':
        return this.synchronised(event);
      case 'originate':
        return void (this.node(event).sent = event.seq);
      case 'deliver':
        return void (this.node(event).delivered = event.seq);
      case 'submit':
        return void (this.program(event).submitted = event.number);
      case 'hear':
        return void this.program(event).heard.set(event.from.pid, event.number);
      case 'group':
        return this.group(event);
      case 'gone':
        return void this.programs.delete(event.pid);
      default:
    }
  }

  finish(report: Report): void {
    if (this.patience === undefined) return;
    if (!this.stable) {
      this.once('L1', this.notOne(), report);
      return;
    }
    for (const [id, { sent }] of this.nodes) {
      for (const [other, { delivered }] of this.nodes) {
        if (delivered < sent) report('L2', `node ${other} has not delivered #${sent} of node ${id}`);
      }
    }
    for (const [pid, hearer] of this.programs) this.checkHeard(pid, hearer, report);
  }

  private checkHeard(pid: number, { joined, group, before, heard }: Program, report: Report): void {
    if (!joined) return;
    for (const [from, { submitted, group: theirs, joined: member }] of this.programs) {
      if (theirs !== group || !member || submitted === (before.get(from) ?? 0)) continue;
      const last = heard.get(from) ?? 0;
      if (last !== submitted) report('L2', `${pid} heard ${last} of ${from}'s ${submitted} messages`);
    }
  }

  private disturbed(at: number): void {
    if (this.patience === undefined) return;
    this.struck(at);
    this.look();
  }

  /** A fault may change the ring of all, or may not. */
  private struck(at: number): void {
    if (this.patience === undefined) return;
    this.arrived = false;
    this.deadline = at + this.patience;
  }

  private changed(event: Kind<'regular' | 'transitional'>, report: Report): void {
    if (this.arrived)
      this.once('L3', `node ${event.node} left the ring of all without a cause`, report, event);
    else this.stable = false;
  }

  private synchronised(event: TraceEvent): void {
    this.node(event).synchronised = true;
    if (this.patience !== undefined) this.look();
  }

  private look(): void {
    const [first] = this.nodes.values();
    const up = [...this.nodes.keys()];
    this.stable = [...this.nodes.values()].every(
      ({ ring, members, synchronised, operational }) =>
        synchronised &&
        operational &&
        ring !== undefined &&
        first?.ring !== undefined &&
        sameRing(ring, first.ring) &&
        // One that has forgotten its ring ids may take one that another node is still on.
        up.every((id) => members.includes(id)) &&
        members.every((member) => this.nodes.has(member) || !this.traced(member)),
    );
    this.arrived ||= this.stable;
  }

  private notOne(): string {
    const rings = [...this.nodes].map(([id, { ring }]) => `${id} on ${ring ? formatRing(ring) : 'none'}`);
    return `not all on one ring in ${this.patience?.toFixed(0)} ms of quiet: ${rings.join(', ')}`;
  }

  private once(property: 'L1' | 'L3', message: string, report: Report, event?: TraceEvent): void {
    if (this.reported.has(property)) return;
    this.reported.add(property);
    report(property, message, event);
  }

  private group({ pid, node, group, joined }: Kind<'group'>): void {
    const program = this.program({ pid, node, group });
    if (program.joined || !joined.some((change) => change.pid === pid)) return;
    program.joined = true;
    for (const [from, { submitted }] of this.programs) program.before.set(from, submitted);
  }

  private node({ node }: TraceEvent): Node {
    let found = this.nodes.get(node);
    if (found === undefined) this.nodes.set(node, (found = newNode()));
    return found;
  }

  private program({ pid, node, group }: { pid: number; node: NodeId; group: string }): Program {
    let program = this.programs.get(pid);
    if (program === undefined) {
      program = { group, node, joined: false, submitted: 0, before: new Map(), heard: new Map() };
      this.programs.set(pid, program);
    }
    return program;
  }
}

function newNode(): Node {
  return { ring: undefined, members: [], synchronised: false, operational: true, sent: -1, delivered: -1 };
}
