import { formatRing, type NodeId } from '@coterie/sdk';
import type { TraceEvent } from '../trace/event.js';
import type { Checker, Report } from './checker.js';
import { Rings, sameNodes } from './rings.js';

type Configuration = Extract<TraceEvent, { kind: 'regular' | 'transitional' }>;

/** Where a life of a node stands. */
interface Life {
  /** Ring of the last regular configuration, and its members. */
  regular: number | undefined;
  members: readonly NodeId[];
  transitional: Configuration | undefined;
}

/** A node's step from one regular configuration to the next. */
interface Step {
  readonly life: string;
  readonly node: NodeId;
  readonly from: number | undefined;
  readonly transitional: readonly NodeId[];
}

/**
 * Configurations agree (properties M1 to M4): members of a ring are the same to all, ids only grow, each regular
 * configuration but the first follows a transitional one of exactly those who came along.
 */
export class MembershipChecker implements Checker {
  private readonly rings = new Rings();
  private readonly lives = new Map<string, Life>();
  private readonly members = new Map<number, { members: readonly NodeId[]; life: string }>();
  private readonly highest = new Map<NodeId, number>();
  /** By ring: how its members came to it. */
  private readonly steps = new Map<number, Step[]>();

  observe(event: TraceEvent, report: Report): void {
    if (event.kind === 'transitional') this.transitional(event, report);
    else if (event.kind === 'regular') this.regular(event, report);
  }

  finish(report: Report): void {
    for (const [ring, steps] of this.steps) {
      for (const step of steps) this.checkStep(ring, step, steps, report);
    }
  }

  private transitional(event: Configuration, report: Report): void {
    const life = this.life(event);
    if (life.transitional !== undefined)
      report('M3', `${nameOf(event)}: two transitional configurations in a row`, event);
    life.transitional = event;
  }

  private regular(event: Configuration, report: Report): void {
    const name = nameOf(event);
    const ring = this.rings.number(event.ring);
    const known = this.members.get(ring);
    if (known === undefined) this.members.set(ring, { members: event.members, life: name });
    else if (!sameNodes(known.members, event.members)) {
      const both = `[${event.members.join(' ')}] to ${name}, [${known.members.join(' ')}] to ${known.life}`;
      report('M1', `ring ${formatRing(event.ring)} has members ${both}`, event);
    }
    if (!event.members.includes(event.node))
      report('M1', `${name} is not in its ring ${formatRing(event.ring)}`, event);
    const highest = this.highest.get(event.node) ?? -1;
    if (event.ring.sequence <= highest)
      report('M2', `${name}: ring sequence went from ${highest} to ${event.ring.sequence}`, event);
    this.highest.set(event.node, event.ring.sequence);
    this.step(event, ring, report);
  }

  private step(event: Configuration, ring: number, report: Report): void {
    const name = nameOf(event);
    const life = this.life(event);
    const { transitional } = life;
    if (transitional === undefined) {
      if (life.regular !== undefined)
        report('M3', `${name}: regular configuration without a transitional one before it`, event);
    } else {
      if (this.rings.number(transitional.ring) !== ring)
        report('M3', `${name}: the transitional configuration was for another ring`, event);
      const allowed = (id: NodeId) =>
        event.members.includes(id) && (life.regular === undefined || life.members.includes(id));
      const strangers = transitional.members.filter((id) => !allowed(id));
      if (strangers.length > 0)
        report('M3', `${name}: ${strangers.join(' ')} came along but were not in both rings`, event);
    }
    const steps = this.steps.get(ring) ?? [];
    this.steps.set(ring, steps);
    steps.push({
      life: name,
      node: event.node,
      from: life.regular,
      transitional: transitional?.members ?? [],
    });
    life.regular = ring;
    life.members = event.members;
    life.transitional = undefined;
  }

  /** Who made the same step has the same transitional configuration: exactly those who made it. */
  private checkStep(ring: number, step: Step, steps: readonly Step[], report: Report): void {
    if (step.from === undefined) return;
    for (const other of steps) {
      const together = other.from === step.from;
      if (together === step.transitional.includes(other.node)) {
        if (!together || sameNodes(step.transitional, other.transitional)) continue;
        const lists = `[${step.transitional.join(' ')}], but for ${other.life} with [${other.transitional.join(' ')}]`;
        report('M4', `${step.life} came to ring ${this.rings.name(ring)} with ${lists}`);
      } else {
        const what = together ? 'left out' : 'counted';
        report('M3', `${step.life}: ${other.life} is ${what} in the step to ring ${this.rings.name(ring)}`);
      }
    }
  }

  private life(event: TraceEvent): Life {
    const name = nameOf(event);
    let life = this.lives.get(name);
    if (life === undefined) {
      life = { regular: undefined, members: [], transitional: undefined };
      this.lives.set(name, life);
    }
    return life;
  }
}

function nameOf({ node, life }: TraceEvent): string {
  return `${node}.${life}`;
}
