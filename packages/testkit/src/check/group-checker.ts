import { formatRing } from '@coterie/sdk';
import type { Address, Change, TraceEvent } from '../trace/event.js';
import type { Checker, Report } from './checker.js';
import { OrderGraph, Vertex } from './order-graph.js';

type Kind<K extends TraceEvent['kind']> = Extract<TraceEvent, { kind: K }>;

/** cpg's reasons for a change (lib_cpg_confchg_reason). */
const Reason = { JOIN: 1, LEAVE: 2, NODE_DOWN: 3, NODE_UP: 4, PROCESS_DOWN: 5 } as const;

/** A program in a group, by what it has seen. */
interface Program {
  readonly name: string;
  readonly pid: number;
  members: readonly Address[];
  entered: boolean;
  /** By sender: number of the message heard last, since it became a member. */
  readonly last: Map<number, number>;
  /** Last vertex in the group's order. */
  vertex: Vertex<string> | undefined;
  /** Heard since {@link ring}, in order, or undefined if the program was not there from its beginning. */
  heard: string[] | undefined;
  ring: string | undefined;
  /** Changes that its node's coming to another ring brought, since the ring before: of nodes that went, and that came. */
  readonly brought: { down: number; up: number };
}

/** The order of a group: what its programs saw, by name. */
class GroupOrder {
  readonly graph = new OrderGraph<string>();
  private readonly vertices = new Map<string, Vertex<string>>();

  vertex(name: string): Vertex<string> {
    let vertex = this.vertices.get(name);
    if (vertex === undefined) this.vertices.set(name, (vertex = new Vertex(name)));
    return vertex;
  }

  cycle(): string[] | undefined {
    for (const vertex of this.vertices.values()) this.graph.close(vertex);
    return this.graph.cycle()?.map(({ label }) => label);
  }
}

/** Where a message comes from: the way of its sender's node, and how long that was when the message was submitted. */
interface Origin {
  readonly way: readonly string[];
  readonly length: number;
}

/** What a program heard on a ring that it then left for another. */
interface Fate {
  readonly name: string;
  readonly heard: ReadonlySet<string>;
  /** Of its node, up to the ring on which it heard this. */
  readonly way: readonly string[];
}

/**
 * What programs see of process groups (reliability of cpg: C1 one order, C2 lists and changes fit, C3 senders are
 * members and their messages come without gaps, C4 the same between the same two rings, C5 reasons, C6 whole messages, C8 one change a
 * group and ring).
 *
 * A message of several packets that a change of the ring cuts is completed among those who came along from
 * where it began, as totempg does it; who joins misses it. So C4 asks for a message only of those whose nodes were
 * with its sender's all the time since it was submitted, and C3 counts from the first message heard of a sender.
 */
export class GroupChecker implements Checker {
  private readonly programs = new Map<number, Program>();
  /** Numbers submitted, by pid of the sender. */
  private readonly submitted = new Map<number, number>();
  private readonly orders = new Map<string, GroupOrder>();
  /** The way of each life of a node: its regular configurations, the last one at the end. */
  private readonly ways = new Map<string, string[]>();
  private readonly origins = new Map<string, Origin>();
  private readonly fates = new Map<string, Fate>();

  observe(event: TraceEvent, report: Report): void {
    switch (event.kind) {
      case 'regular':
        return void this.way(event).push(formatRing(event.ring));
      case 'submit':
        return this.submit(event);
      case 'hear':
        return this.hear(event, this.program(event), report);
      case 'group':
        return this.group(event, this.program(event), report);
      case 'group-ring':
        return this.ring(event, this.program(event), report);
      default:
    }
  }

  finish(report: Report): void {
    for (const [group, order] of this.orders) {
      const cycle = order.cycle();
      if (cycle !== undefined) report('C1', `no order of group ${group} fits: ${cycle.join(' < ')}`);
    }
  }

  private submit(event: Kind<'submit'>): void {
    const { pid, number } = event;
    const way = this.way(event);
    this.submitted.set(pid, number);
    this.origins.set(`${pid}/${number}`, { way, length: way.length });
  }

  private hear(event: Kind<'hear'>, program: Program, report: Report): void {
    const { from, number } = event;
    const what = `message ${number} of ${from.nodeId}:${from.pid}`;
    if (number < 0)
      report('C6', `${program.name} heard a damaged message of ${from.nodeId}:${from.pid}`, event);
    else if (number > (this.submitted.get(from.pid) ?? 0))
      report('C6', `${program.name} heard ${what}, which was not sent`, event);
    if (!program.entered) report('C2', `${program.name} heard ${what} before its own join`, event);
    if (!has(program.members, from)) report('C3', `${program.name} heard ${what}, which is no member`, event);
    const last = program.last.get(from.pid);
    if (last !== undefined && number !== last + 1)
      report('C3', `${program.name} heard ${what} after its message ${last}`, event);
    program.last.set(from.pid, number);
    program.heard?.push(`${from.pid}/${number}`);
    this.follow(event.group, program, `${from.pid}/${number}`);
  }

  private group(event: Kind<'group'>, program: Program, report: Report): void {
    const { members, joined, left, group } = event;
    if (!program.entered) {
      if (!joined.some(({ pid }) => pid === program.pid))
        report('C2', `${program.name}: its first configuration is not its own join`, event);
      program.entered = true;
    } else this.checkChange(event, program, report);
    this.checkReasons(event, program, report);
    this.checkOnce(event, program, report);
    for (const { pid } of [...left, ...joined]) program.last.delete(pid);
    program.members = members;
    // What a message brought about has a place in the order; what synchronisation did, each part has for itself.
    for (const { pid, reason } of joined) {
      if (reason === Reason.JOIN) this.follow(group, program, `join of ${pid}`);
    }
    for (const { pid, reason } of left) {
      if (reason === Reason.LEAVE) this.follow(group, program, `leave of ${pid}`);
    }
  }

  private checkChange(event: Kind<'group'>, program: Program, report: Report): void {
    const { members, joined, left } = event;
    const expected = [
      ...program.members.filter((member) => !has(left, member)),
      ...joined.map(({ nodeId, pid }) => ({ nodeId, pid })),
    ];
    const wrong = [
      ...left.filter((change) => !has(program.members, change)),
      ...joined.filter((change) => has(program.members, change) || has(left, change)),
    ];
    const fits = expected.length === members.length && expected.every((member) => has(members, member));
    if (!fits || wrong.length > 0)
      report('C2', `${program.name}: the configuration is not the former one and its changes`, event);
    if (new Set(members.map(({ pid }) => pid)).size !== members.length)
      report('C2', `${program.name}: a member is listed twice`, event);
  }

  private checkReasons(
    { joined, left, node, ...event }: Kind<'group'>,
    program: Program,
    report: Report,
  ): void {
    const bad = (changes: readonly Change[], reasons: readonly number[]) =>
      changes.some(({ reason }) => !reasons.includes(reason));
    const whole = { joined, left, node, ...event } as TraceEvent;
    if (bad(joined, [Reason.JOIN, Reason.NODE_UP])) report('C5', `${program.name}: no reason to join`, whole);
    if (bad(left, [Reason.LEAVE, Reason.NODE_DOWN, Reason.PROCESS_DOWN]))
      report('C5', `${program.name}: no reason to leave`, whole);
    for (const { reason, nodeId } of left) {
      if (reason !== Reason.NODE_DOWN) continue;
      if (nodeId === node) report('C5', `${program.name}: its own node went down`, whole);
      if (event.members.some((member) => member.nodeId === nodeId))
        report('C5', `${program.name}: node ${nodeId} went down, but not with all its members`, whole);
    }
  }

  /** C8: what a change of the ring does to a group is told once: who went, and who came. */
  private checkOnce(event: Kind<'group'>, program: Program, report: Report): void {
    const { brought } = program;
    const because = (changes: readonly Change[], reason: number) =>
      changes.some((change) => change.reason === reason);
    if (because(event.left, Reason.NODE_DOWN) && ++brought.down > 1)
      report('C8', `${program.name}: nodes went in ${brought.down} steps between two rings`, event);
    if (because(event.joined, Reason.NODE_UP) && ++brought.up > 1)
      report('C8', `${program.name}: nodes came in ${brought.up} steps between two rings`, event);
  }

  private ring(event: Kind<'group-ring'>, program: Program, report: Report): void {
    const ring = formatRing(event.ring);
    const way = this.way(event);
    // A slow program hears of a ring when its node is already on another.
    if (!way.includes(ring))
      report('C2', `${program.name} heard of ring ${ring}, which its node was not on`, event);
    program.brought.down = program.brought.up = 0;
    if (!program.entered) return;
    const { ring: former, heard } = program;
    program.ring = ring;
    // The first one after that comes with the join, in the middle of the ring.
    if (former === undefined) return;
    program.heard = [];
    if (heard === undefined) return;
    const from = way.indexOf(former);
    const fate = { name: program.name, heard: new Set(heard), way: way.slice(0, from + 1) };
    // A program hears of a ring when it is synchronised: its node may have been on others in between.
    const key = `${event.group}: ${way.slice(from, way.indexOf(ring) + 1).join(' > ')}`;
    const other = this.fates.get(key);
    if (other === undefined) this.fates.set(key, fate);
    else this.compare(key, fate, other, event, report);
  }

  /** C4: the same messages between the same two rings, as far as both were there from their beginning. */
  private compare(step: string, one: Fate, other: Fate, event: TraceEvent, report: Report): void {
    for (const [more, less] of [
      [one, other],
      [other, one],
    ] as const) {
      const missed = [...more.heard].filter(
        (message) => !less.heard.has(message) && cameAlong(less.way, this.origins.get(message)),
      );
      if (missed.length === 0) continue;
      report('C4', `${step}: ${less.name} did not hear ${missed.join(' ')}, ${more.name} did`, event);
    }
  }

  private follow(group: string, program: Program, what: string): void {
    let order = this.orders.get(group);
    if (order === undefined) this.orders.set(group, (order = new GroupOrder()));
    const vertex = order.vertex(what);
    if (program.vertex !== undefined) order.graph.edge(program.vertex, vertex);
    program.vertex = vertex;
  }

  private way({ node, life }: TraceEvent): string[] {
    const key = `${node}.${life}`;
    let way = this.ways.get(key);
    if (way === undefined) this.ways.set(key, (way = []));
    return way;
  }

  private program({ pid, node, life }: Kind<'hear' | 'group' | 'group-ring'>): Program {
    let program = this.programs.get(pid);
    if (program === undefined) {
      const name = `${node}.${life}:${pid}`;
      program = {
        name,
        pid,
        members: [],
        entered: false,
        last: new Map(),
        vertex: undefined,
        heard: undefined,
        ring: undefined,
        brought: { down: 0, up: 0 },
      };
      this.programs.set(pid, program);
    }
    return program;
  }
}

/** Was the node of this way on the same rings as the sender's, from the submission on? */
function cameAlong(way: readonly string[], origin: Origin | undefined): boolean {
  if (origin === undefined) return true;
  const ring = origin.way[origin.length - 1];
  const from = ring === undefined ? -1 : way.indexOf(ring);
  return from >= 0 && way.slice(from).every((each, i) => each === origin.way[origin.length - 1 + i]);
}

function has(list: readonly Address[], { nodeId, pid }: Address): boolean {
  return list.some((other) => other.nodeId === nodeId && other.pid === pid);
}
