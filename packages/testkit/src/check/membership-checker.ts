import { formatRing, sameRing, type NodeId, type RingId } from '@coterie/sdk';
import type { TraceEvent } from '../trace/event.js';
import type { Checker, Report } from './checker.js';
import { OpenRings, sameNodes } from './rings.js';

type Configuration = Extract<TraceEvent, { kind: 'regular' | 'transitional' }>;

/** Where the present life of a node stands. */
interface Life {
  readonly life: number;
  /** The last regular configuration. */
  regular: Configuration | undefined;
  transitional: Configuration | undefined;
}

/** A node's step from one regular configuration to the next. */
interface Step {
  readonly life: string;
  readonly node: NodeId;
  readonly from: RingId | undefined;
  readonly transitional: readonly NodeId[];
}

/** What is known of a ring. */
interface Ring {
  readonly name: string;
  /** Members, as the first one said that installed it. */
  known: { readonly members: readonly NodeId[]; readonly life: string } | undefined;
  /** How its members came to it. */
  readonly steps: Step[];
}

/**
 * Configurations agree (properties M1 to M4): members of a ring are the same to all, ids only grow, each regular
 * configuration but the first follows a transitional one of exactly those who came along.
 */
export class MembershipChecker implements Checker {
  private readonly lives = new Map<NodeId, Life>();
  private readonly highest = new Map<NodeId, number>();
  private report!: Report;
  private readonly rings = new OpenRings<Ring>(
    (ring) => ({ name: formatRing(ring), known: undefined, steps: [] }),
    (ring) => this.checkSteps(ring),
  );

  observe(event: TraceEvent, report: Report): void {
    this.report = report;
    if (event.kind === 'transitional') this.transitional(event);
    else if (event.kind === 'regular') this.regular(event);
    else if (event.kind === 'start') this.rings.up(event.node);
    else if (event.kind === 'fail' || event.kind === 'cut') this.rings.gone(event.node);
  }

  finish(report: Report): void {
    this.report = report;
    this.rings.finish();
  }

  /** Rings about which something is kept. */
  get kept(): number {
    return this.rings.size;
  }

  private transitional(event: Configuration): void {
    const life = this.life(event);
    if (life.transitional !== undefined)
      this.report('M3', `${nameOf(event)}: two transitional configurations in a row`, event);
    life.transitional = event;
  }

  private regular(event: Configuration): void {
    const name = nameOf(event);
    const { ring: id, members, node } = event;
    const highest = this.highest.get(node) ?? -1;
    if (id.sequence <= highest)
      this.report('M2', `${name}: ring sequence went from ${highest} to ${id.sequence}`, event);
    this.highest.set(node, id.sequence);
    const ring = this.rings.install(node, id, members);
    ring.known ??= { members, life: name };
    if (!sameNodes(ring.known.members, members)) {
      const both = `[${members.join(' ')}] to ${name}, [${ring.known.members.join(' ')}] to ${ring.known.life}`;
      this.report('M1', `ring ${ring.name} has members ${both}`, event);
    }
    if (!members.includes(node)) this.report('M1', `${name} is not in its ring ${ring.name}`, event);
    const life = this.life(event);
    this.checkShape(event, life);
    ring.steps.push({
      ...{ life: name, node, from: life.regular?.ring, transitional: life.transitional?.members ?? [] },
    });
    life.regular = event;
    life.transitional = undefined;
  }

  private checkShape(event: Configuration, { regular, transitional }: Life): void {
    const name = nameOf(event);
    if (transitional === undefined) {
      if (regular !== undefined)
        this.report('M3', `${name}: regular configuration without a transitional one before it`, event);
      return;
    }
    if (!sameRing(transitional.ring, event.ring))
      this.report('M3', `${name}: the transitional configuration was for another ring`, event);
    const strangers = transitional.members.filter(
      (id) => !event.members.includes(id) || regular?.members.includes(id) === false,
    );
    if (strangers.length > 0)
      this.report('M3', `${name}: ${strangers.join(' ')} came along but were not in both rings`, event);
  }

  /** Who made the same step has the same transitional configuration: exactly those who made it. */
  private checkSteps({ name, steps }: Ring): void {
    for (const step of steps) {
      if (step.from === undefined) continue;
      for (const other of steps) {
        const together = other.from !== undefined && sameRing(other.from, step.from);
        if (together === step.transitional.includes(other.node)) {
          if (!together || sameNodes(step.transitional, other.transitional)) continue;
          const lists = `[${step.transitional.join(' ')}], but for ${other.life} with [${other.transitional.join(' ')}]`;
          this.report('M4', `${step.life} came to ring ${name} with ${lists}`);
        } else {
          const what = together ? 'left out' : 'counted';
          this.report('M3', `${step.life}: ${other.life} is ${what} in the step to ring ${name}`);
        }
      }
    }
  }

  private life({ node, life }: TraceEvent): Life {
    let found = this.lives.get(node);
    if (found?.life !== life) {
      found = { life, regular: undefined, transitional: undefined };
      this.lives.set(node, found);
    }
    return found;
  }
}

function nameOf({ node, life }: TraceEvent): string {
  return `${node}.${life}`;
}
