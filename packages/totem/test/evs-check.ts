import type { SimulatedNode, World } from './simulation.js';

const key = (ring: { representative: number; sequence: number }): string =>
  `${ring.representative}.${ring.sequence}`;

/** The parts of a log between regular configurations, with the transitional one inside. */
interface Epoch {
  readonly ring: string;
  readonly members: string;
  readonly transitional: string | undefined;
  /** The next regular configuration; undefined while this is the last. */
  readonly next: string | undefined;
  readonly regularPart: string[];
  readonly transitionalPart: string[];
}

/** Violations of extended virtual synchrony in what the nodes saw, in words; empty if there are none. */
export function violations(world: World): string[] {
  // A message cut by a change of the ring is completed where it began, so a node that joins misses it and what
  // is packed with it (totempg): the same fate then needs the same past, and the order is that of common messages.
  const cut = !world.packets;
  const found: string[] = [];
  const ringMembers = new Map<string, string>();
  const fates = new Map<string, { node: string; delivered: string }>();
  const order = new Map<string, string[]>();
  const senders = new Set(world.history.flatMap((n) => n.sent));

  for (const node of world.history) {
    const name = `${node.id}/${node.incarnation}`;
    const seen = new Set<string>();
    let lastSequence = -1;
    let past = '';
    for (const epoch of epochs(node)) {
      const known = ringMembers.get(epoch.ring) ?? epoch.members;
      ringMembers.set(epoch.ring, known);
      if (known !== epoch.members)
        found.push(`${name}: ring ${epoch.ring} has members ${epoch.members}, elsewhere ${known}`);
      const sequence = Number(epoch.ring.split('.')[1]);
      if (sequence <= lastSequence)
        found.push(`${name}: ring sequence went from ${lastSequence} to ${sequence}`);
      lastSequence = sequence;

      const all = [...epoch.regularPart, ...epoch.transitionalPart];
      for (const message of all) {
        if (seen.has(message)) found.push(`${name}: ${message} delivered twice`);
        seen.add(message);
        if (!senders.has(message)) found.push(`${name}: ${message} was never sent`);
      }
      if (!cut) checkOrder(order, epoch, name, found);
      if (epoch.next !== undefined) {
        const fate = `${cut ? past : ''}${epoch.ring} -> ${epoch.next}`;
        const delivered = `${epoch.regularPart.length + epoch.transitionalPart.length}: ${all.join(' ')}`;
        const other = fates.get(fate);
        if (other === undefined) fates.set(fate, { node: name, delivered });
        else if (other.delivered !== delivered) {
          found.push(
            `${name} and ${other.node} went ${fate} but delivered\n  ${delivered}\n  ${other.delivered}`,
          );
        }
      }
      past = `${epoch.ring} -> `;
    }
    checkFifo(node, name, found);
  }
  return found;
}

/** Messages that two nodes both delivered on one ring come in the same order: each log is checked against the longest known one. */
function checkOrder(order: Map<string, string[]>, epoch: Epoch, name: string, found: string[]): void {
  const known = order.get(epoch.ring);
  if (known === undefined || known.length < epoch.regularPart.length)
    order.set(epoch.ring, epoch.regularPart);
  if (known === undefined) return;
  const common = Math.min(known.length, epoch.regularPart.length);
  for (let i = 0; i < common; i++) {
    if (known[i] === epoch.regularPart[i]) continue;
    found.push(
      `${name}: message ${i} of ring ${epoch.ring} is ${epoch.regularPart[i]}, elsewhere ${known[i]}`,
    );
    return;
  }
}

function checkFifo(node: SimulatedNode, name: string, found: string[]): void {
  const last = new Map<string, number>();
  for (const o of node.log) {
    if (o.kind !== 'deliver') continue;
    const [id, incarnation, counter] = o.text.split('/');
    if (Number(id) !== o.from) found.push(`${name}: ${o.text} delivered as from ${o.from}`);
    const sender = `${id}/${incarnation}`;
    const previous = last.get(sender) ?? 0;
    if (Number(counter) <= previous) found.push(`${name}: ${o.text} after ${previous}`);
    last.set(sender, Number(counter));
  }
}

function epochs(node: SimulatedNode): Epoch[] {
  const result: Epoch[] = [];
  let regular: { ring: string; members: string } | undefined;
  let transitional: string | undefined;
  let parts: { regularPart: string[]; transitionalPart: string[] } = {
    regularPart: [],
    transitionalPart: [],
  };
  const close = (next: string | undefined): void => {
    if (regular !== undefined) result.push({ ...regular, transitional, next, ...parts });
    transitional = undefined;
    parts = { regularPart: [], transitionalPart: [] };
  };
  for (const o of node.log) {
    if (o.kind === 'deliver')
      (transitional === undefined ? parts.regularPart : parts.transitionalPart).push(o.text);
    else if (o.kind === 'transitional') transitional = `${key(o.ring)} [${o.members.join(' ')}]`;
    else {
      close(key(o.ring));
      regular = { ring: key(o.ring), members: o.members.join(' ') };
    }
  }
  close(undefined);
  return result;
}
