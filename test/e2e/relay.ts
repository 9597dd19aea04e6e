/**
 * A program that stands between the nodes of a cluster: everything that node A sends to node B comes to a port that
 * belongs to this pair, and is passed on, late, twice or not at all, perhaps with forgeries in between.
 *
 * It is forked with the nodes' own UDP ports as arguments and sends {@link Doors}; what it is sent are {@link Order}s,
 * of which each is answered with the number of forgeries so far.
 */
import { randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { Prng } from '@coterie/testkit';
import { Mutator } from '../fuzz/mutate.js';

const ADDRESS = '127.0.0.1';
/** Bytes: a burst of a whole window must fit, however busy the machine is. */
const BUFFER = 4 * 1024 * 1024;

/** What happens to packets that take one way. */
export interface Fault {
  readonly cut: boolean;
  /** Share of the packets, 0 to 1, that are lost. */
  readonly loss: number;
  /** Share that arrives twice. */
  readonly duplication: number;
  /** Milliseconds, up to which each packet is held up for a time of its own: they overtake each other. */
  readonly jitter: number;
  /** Mutated copies of packets of the past that are sent each second. */
  readonly forgeries: number;
}

/** The way from a node to another has these faults from now on; nodes are numbered from 1. */
export interface Order {
  readonly from: number;
  readonly to: number;
  readonly fault: Fault;
}

/** `doors[a - 1][b - 1]` is the port where packets from node a to node b come in. */
export type Doors = readonly (readonly number[])[];

export const SOUND: Fault = { cut: false, loss: 0, duplication: 0, jitter: 0, forgeries: 0 };

/** Milliseconds between bursts of forgeries. */
const PAUSE = 10;
/** Bytes of a forgery: longer than what the nodes themselves send. */
const LARGEST = 9000;
/** Packets that each way remembers. */
const MEMORY = 64;

let forged = 0;
const mutator = new Mutator(LARGEST);
const random = new Prng(randomInt(2 ** 32));

class Way {
  fault = SOUND;
  private readonly past: Buffer[] = [];

  constructor(
    private readonly socket: Socket,
    private readonly target: number,
  ) {
    socket.on('message', (packet) => this.pass(packet));
  }

  /** To be called every {@link PAUSE}. */
  forge(): void {
    const { past } = this;
    for (let left = (this.fault.forgeries * PAUSE) / 1000; left > 0 && past.length > 0; left--, forged++) {
      this.deliver(mutator.next(random, { seeds: past }).slice());
    }
  }

  private pass(packet: Buffer): void {
    if (this.past.length < MEMORY) this.past.push(packet);
    else this.past[Math.floor(Math.random() * MEMORY)] = packet;
    const { cut, loss, duplication, jitter } = this.fault;
    if (cut || Math.random() < loss) return;
    const times = Math.random() < duplication ? 2 : 1;
    for (let i = 0; i < times; i++) {
      if (jitter === 0) this.deliver(packet);
      else setTimeout(() => this.deliver(packet), Math.random() * jitter);
    }
  }

  private deliver(packet: Uint8Array): void {
    // Nobody may be there to take it.
    this.socket.send(packet, this.target, ADDRESS, () => undefined);
  }
}

async function open(): Promise<Socket> {
  const socket = createSocket('udp4');
  socket.on('error', () => undefined);
  await new Promise<void>((resolve) => socket.bind(0, ADDRESS, resolve));
  socket.setRecvBufferSize(BUFFER);
  return socket;
}

async function main(targets: readonly number[]): Promise<void> {
  const ways: Way[][] = [];
  const doors: number[][] = [];
  for (const own of targets) {
    const sockets = await Promise.all(targets.map(open));
    doors.push(sockets.map((socket, to) => (targets[to] === own ? own : socket.address().port)));
    ways.push(sockets.map((socket, to) => new Way(socket, targets[to]!)));
  }
  process.on('message', ({ from, to, fault }: Order) => {
    ways[from - 1]![to - 1]!.fault = fault;
    process.send!(forged);
  });
  setInterval(() => ways.flat().forEach((way) => way.forge()), PAUSE);
  process.on('disconnect', () => process.exit());
  process.send!(doors);
}

if (process.send !== undefined && process.argv.length > 2) await main(process.argv.slice(2).map(Number));
