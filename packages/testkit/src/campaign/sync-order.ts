import type { NodeId } from '@coterie/sdk';
import { MCAST_ENCAPSULATED } from '@coterie/totem/internal';
import type { Checker } from '../check/checker.js';
import type { SimulatedCluster } from '../simulation/cluster.js';
import type { TraceEvent } from '../trace/event.js';
import type { Family } from './family.js';
import { messageHeader } from './message-header.js';

/** Services whose turns are ordered, those that corosync has too: with more there would be too many orders. */
const SERVICES = 4;

/** In which order the nodes have their say on each service in turn. */
type Order = readonly (readonly NodeId[])[];

/** Nodes that were apart meet, and synchronise in every order: `132-213-123-321`. */
export const syncOrders: Family = {
  name: 'order',
  *variants(nodes) {
    for (const order of orders(nodes)) yield format(order);
  },
  async play(stage, variant) {
    const { world, nodes } = stage;
    const order = [...orders(nodes)].find((each) => format(each) === variant);
    if (order === undefined) return false;
    await stage.form();
    await stage.part(...world.ids.map((id) => [id]));
    const turns = new SyncTurns(world, order);
    world.trace.attach(turns);
    world.network.heal();
    await stage.until(() => turns.over);
    return true;
  },
};

/**
 * Makes the nodes of the next ring of all synchronise in an order. A node has its say on a service when it has
 * heard all on the one before: it does not hear that until it is its turn. Attach it to the trace.
 */
class SyncTurns implements Checker {
  private readonly turns: NodeId[];
  /** Nodes that have sent the list of their services, which waits for nobody. */
  private readonly begun = new Set<NodeId>();
  private installed = false;
  private last: TraceEvent | undefined;
  /** Numbers of the last messages on the service that it is the turn of, and on the one before. */
  private latest = 0;
  private heard = 0;

  constructor(
    private readonly world: SimulatedCluster,
    order: Order,
  ) {
    this.turns = order.flat();
    world.network.filter = (_, to, bytes) => this.mayHear(to, bytes);
  }

  /** Have all had their turns? */
  get over(): boolean {
    return this.turns.length === 0;
  }

  observe(event: TraceEvent): void {
    const { length } = this.world.ids;
    if (event.kind === 'regular' && event.members.length === length) this.installed = true;
    if (!this.installed || event.kind !== 'originate') return;
    this.latest = event.seq;
    // Packets of one visit of the token are one turn.
    const more = event.node === this.last?.node && event.at === this.last.at;
    this.last = event;
    if (more) return;
    if (this.begun.size < length) this.begun.add(event.node);
    else if (event.node === this.turns[0]) this.turns.shift();
  }

  finish(): void {}

  private mayHear(node: NodeId, bytes: Uint8Array): boolean {
    if (!this.installed || this.over) return true;
    const header = messageHeader(bytes);
    if (header === undefined || header.encapsulated === MCAST_ENCAPSULATED) return true;
    const { length } = this.world.ids;
    if (this.begun.size === length && this.turns.length % length === 0) this.heard = this.latest;
    return node === this.turns[0] && header.seq <= this.heard;
  }
}

function* orders(nodes: number, services = SERVICES): Generator<Order> {
  if (services === 0) yield [];
  else
    for (const first of permutations(Array.from({ length: nodes }, (_, i) => i + 1)))
      for (const rest of orders(nodes, services - 1)) yield [first, ...rest];
}

function format(order: Order): string {
  return order.map((nodes) => nodes.join('')).join('-');
}

function* permutations(of: readonly NodeId[]): Generator<readonly NodeId[]> {
  if (of.length === 0) yield [];
  for (const first of of)
    for (const rest of permutations(of.filter((each) => each !== first))) yield [first, ...rest];
}
