import { SlabPool, type Logger, type NodeId, type PacketBatch, type Slab, type Timer } from '@coterie/sdk';
import { createTotem, type RingState, type Totem, type TotemSettings } from '@coterie/totem';
import { Prng } from '@coterie/testkit';

const settings: Omit<TotemSettings, 'nodeId'> = {
  ...{
    token: 1000,
    tokenWarning: 750,
    tokenRetransmit: 238,
    hold: 180,
    join: 50,
    sendJoin: 0,
    consensus: 1200,
    merge: 200,
  },
  ...{ failRecvConst: 2500, seqnoUnchangedConst: 30, heartbeatFailuresAllowed: 0, maxNetworkDelay: 50 },
  ...{ windowSize: 50, maxMessages: 17, missCountConst: 5, cancelTokenHoldOnRetransmit: false, netmtu: 1500 },
};
/** Turns to speak after which a state that has not come will not come. */
const ENOUGH = 10_000;
/** Turns for which an operational ring carries messages. */
const TALK = 40;
/** Packets that are remembered. */
const MEMORY = 40;

const silent: Logger = {
  ...{ error: nothing, warn: nothing, info: nothing, debug: nothing, trace: nothing },
  enabled: () => false,
};
function nothing(): void {}

class ManualTimer implements Timer {
  running = false;
  due = 0;

  constructor(
    private readonly now: () => number,
    readonly expire: () => void,
  ) {}

  start(milliseconds: number): void {
    this.running = true;
    this.due = this.now() + milliseconds;
  }

  stop(): void {
    this.running = false;
  }
}

const pool = new SlabPool(16_384, 64);

/** One protocol by itself, with what it wants to send: to the other, and to itself. */
class Node {
  readonly sent: Uint8Array[] = [];
  readonly own: Uint8Array[] = [];
  readonly totem: Totem;
  /** The ring sequence could not be stored, it said. */
  fatal: Error | undefined;
  private now = 0;
  private readonly timers: ManualTimer[] = [];
  private readonly batch = {
    slab: pool.take(),
    count: 1,
    offsets: new Uint32Array(1),
    lengths: new Uint32Array(1),
  };

  constructor(readonly id: NodeId) {
    const now = () => this.now;
    const send = (to: Uint8Array[], slab: Slab, offset: number, length: number) => {
      to.push(slab.bytes.slice(offset, offset + length));
      return true;
    };
    this.totem = createTotem(
      { ...settings, nodeId: id },
      {
        transport: {
          broadcast: (slab, offset, length) => void send(this.sent, slab, offset, length),
          unicast: (to, slab, offset, length) => send(to === id ? this.own : this.sent, slab, offset, length),
          ...{ flush: nothing, drain: nothing },
        },
        ringIds: { load: () => 0, store: nothing },
        clock: { now, wall: now },
        timers: {
          timer: (expire) => {
            const timer = new ManualTimer(now, expire);
            this.timers.push(timer);
            return timer;
          },
        },
        random: new Prng(id),
        log: silent,
      },
      {
        configuration: nothing,
        tokenForwarded: nothing,
        stateChanged: nothing,
        fatal: (error) => (this.fatal = error),
      },
    );
    this.totem.join('a', nothing);
  }

  receive(packet: Uint8Array): void {
    const slab = pool.take();
    slab.bytes.set(packet);
    this.batch.slab = slab;
    this.batch.lengths[0] = packet.length;
    this.totem.receive(this.batch satisfies PacketBatch);
    slab.release();
  }

  /** Lets time pass for this one. */
  wait(milliseconds: number): void {
    const end = this.now + milliseconds;
    for (let next = this.next(end); next !== undefined; next = this.next(end)) {
      this.now = next.due;
      next.running = false;
      next.expire();
    }
    this.now = end;
  }

  private next(end: number): ManualTimer | undefined {
    let first: ManualTimer | undefined;
    for (const timer of this.timers)
      if (timer.running && timer.due <= end && (first === undefined || timer.due < first.due)) first = timer;
    return first;
  }
}

/** A node brought to a state by honest talk with another one. @returns it, and what the two said */
export function nodeIn(state: RingState, id: 1 | 2): { node: Node; said: Uint8Array[] } {
  const [node, other] = [new Node(id), new Node(id === 1 ? 2 : 1)];
  const said: Uint8Array[] = [];
  const ways: (readonly [Uint8Array[], Node])[] = [
    [node.sent, other],
    [node.own, node],
    [other.sent, node],
    [other.own, other],
  ];
  node.totem.start();
  other.totem.start();
  let talked = 0;
  for (let turn = 0; !there(node, state) || (state === 'operational' && talked < TALK); turn++) {
    if (turn === ENOUGH) throw new Error(`no way to ${state}`);
    const [from, to] = ways[turn % ways.length]!;
    const packet = from.shift();
    if (packet !== undefined) {
      said.push(packet);
      to.receive(packet);
    } else if (turn % ways.length === 0) {
      for (const one of [node, other]) one.wait(5);
    }
    if (!there(node, 'operational')) continue;
    node.totem.synchronised();
    node.totem.multicast('a', new Uint8Array(40));
    talked++;
  }
  said.push(...node.sent, ...other.sent);
  node.sent.length = node.own.length = 0;
  return { node, said: said.slice(-MEMORY) };
}

/** Is it in this state, of a ring of both? */
function there({ totem }: Node, state: RingState): boolean {
  const both = state === 'operational' ? totem.members : totem.reachable;
  return totem.state === state && both.length === 2;
}
