import type { NodeId } from '@coterie/sdk';
import type { SimulatedCluster } from '../simulation/cluster.js';
import { TOKEN } from './stage.js';

/** One fault at one event. */
export interface SingleFault {
  readonly kind: string;
  /** A node, or sender and receiver of a link: `1-2`. */
  readonly target: string;
  /** From 1: times that the node has run, or packets that it or the link has sent. */
  readonly index: number;
}

/** What strikes a node when it has run so many times. */
const nodeFaults: Readonly<Record<string, (world: SimulatedCluster, id: NodeId) => void>> = {
  kill: (world, id) => world.crash(id),
  restart(world, id) {
    world.crash(id);
    world.start(id);
  },
  interface: (world, id) => world.node(id).interfaceChanged(),
  'pause1.5': (world, id) => world.node(id).process.pause(1.5 * TOKEN),
  // It is back when the others have a ring without it, and synchronise: they take 2.2 token timeouts.
  'pause2.25': (world, id) => world.node(id).process.pause(2.25 * TOKEN),
  pause3: (world, id) => world.node(id).process.pause(3 * TOKEN),
};

/** What strikes a node when it sends so many packets: it dies, and the last of them does not leave any more. */
const CUT_SHORT = 'cut-short';

/** What strikes a packet: how many milliseconds late it arrives, each time that it does. */
const packetFaults: Readonly<Record<string, readonly number[]>> = {
  drop: [],
  duplicate: [0, 0],
  delay: [0.5 * TOKEN],
  // By then the ring may be another one.
  replay: [0, 1.5 * TOKEN],
};

export function formatFault({ kind, target, index }: SingleFault): string {
  return `${kind}/${target}@${index}`;
}

/** What {@link formatFault} wrote; undefined for anything else. */
export function parseFault(text: string): SingleFault | undefined {
  const [, kind = '', target = '', index] = /^([\w.-]+)\/(\d+(?:-\d+)?)@([1-9]\d*)$/.exec(text) ?? [];
  const known = target.includes('-')
    ? Object.hasOwn(packetFaults, kind)
    : kind === CUT_SHORT || Object.hasOwn(nodeFaults, kind);
  return known ? { kind, target, index: Number(index) } : undefined;
}

/** Counts the events of a cluster from now on. */
export class EventCount {
  private readonly before: ReadonlyMap<NodeId, number>;
  private readonly runs = new Map<NodeId, number>();
  /** By sender, and by sender and receiver. */
  private readonly packets = new Map<string, number>();

  constructor(private readonly world: SimulatedCluster) {
    this.before = runsOf(world);
    world.network.filter = (from, to) => {
      for (const target of [`${from}`, `${from}-${to}`])
        this.packets.set(target, (this.packets.get(target) ?? 0) + 1);
      return true;
    };
  }

  /** To be called after every event. */
  look(): void {
    for (const [id, runs] of runsOf(this.world)) this.runs.set(id, runs - (this.before.get(id) ?? 0));
  }

  /** Every fault at every event so far. */
  *faults(): Generator<SingleFault> {
    for (const [id, runs] of this.runs)
      for (const kind of Object.keys(nodeFaults)) yield* each(kind, `${id}`, runs);
    for (const [target, sent] of this.packets) {
      const kinds = target.includes('-') ? Object.keys(packetFaults) : [CUT_SHORT];
      for (const kind of kinds) yield* each(kind, target, sent);
    }
  }
}

/** Prepares a fault for an event from now on. To be called after every event: true once it has struck. */
export function arm(world: SimulatedCluster, fault: SingleFault): () => boolean {
  const { kind, target, index } = fault;
  const done = () => world.note(formatFault(fault));
  if (target.includes('-')) return armPacket(world, target, index, packetFaults[kind]!, done);
  if (kind === CUT_SHORT) return armSender(world, Number(target), index, done);
  return armNode(world, Number(target), index, nodeFaults[kind]!, done);
}

function armNode(
  world: SimulatedCluster,
  id: NodeId,
  index: number,
  hit: (world: SimulatedCluster, id: NodeId) => void,
  done: () => void,
): () => boolean {
  const before = runsOf(world).get(id) ?? 0;
  return () => {
    const node = world.alive(id);
    if (node === undefined || node.process.runs - before < index) return false;
    done();
    hit(world, id);
    return true;
  };
}

function armSender(world: SimulatedCluster, id: NodeId, index: number, done: () => void): () => boolean {
  let sent = 0;
  world.network.filter = (from) => {
    if (from !== id) return true;
    if (++sent === index) {
      done();
      world.crash(id);
    }
    return sent < index;
  };
  return () => sent >= index;
}

function armPacket(
  world: SimulatedCluster,
  link: string,
  index: number,
  late: readonly number[],
  done: () => void,
): () => boolean {
  const { network, schedule } = world;
  let sent = 0;
  network.filter = (from, to, bytes) => {
    // Its later copies come by here too, but are counted no more.
    if (`${from}-${to}` !== link || sent >= index || ++sent < index) return true;
    done();
    const copy = bytes.slice();
    for (const delay of late) schedule.after(delay, () => network.carry(from, to, copy, 0));
    return false;
  };
  return () => sent >= index;
}

function runsOf({ nodes }: SimulatedCluster): Map<NodeId, number> {
  return new Map(nodes.map(({ id, process }) => [id, process.runs]));
}

function* each(kind: string, target: string, count: number): Generator<SingleFault> {
  for (let index = 1; index <= count; index++) yield { kind, target, index };
}
