import { cluster, type Prng, type SimulatedCluster } from '@coterie/testkit';
import { Mutator, type Material } from '../mutate.js';
import type { Source } from '../source.js';
import type { Target } from '../target.js';
import { packets as captured } from './captured.js';
import { packetFields } from './packet-fields.js';
import { mustBeWell, mustLive } from './witnesses.js';

/** An input: when u8 (see {@link pauseOf}), to which node u8; then the packet. */
const HEAD = 2;
/** Packets between which the ring is left alone to recover. */
const ROUND = 1000;
/** Bytes: longer datagrams than the ring's never get past a transport. */
const LARGEST = 1500;
/** Virtual milliseconds in which a packet arrives and the node deals with it. */
const ARRIVAL = 0.3;
/**
 * Virtual milliseconds in which what was forged dies out: it may still go round when the last packet has come, and
 * its nodes may have to give up what it claims.
 */
const AFTERMATH = 20_000;
/**
 * Who forges the token can say that messages were sent which nobody has. The ring then delivers nothing until its
 * nodes have failed to receive them so many times: 2500 by default, which takes an idle ring a quarter of an hour.
 */
const config = { totem: { fail_recv_const: 50 } };
/** Packets of the ring that are remembered. */
const MEMORY = 64;

const mutator = new Mutator(LARGEST, HEAD);
const head = new Uint8Array(HEAD);

/** Virtual milliseconds before a packet: mostly none, at times longer than the token's timeout. */
function pauseOf(code: number): number {
  return code < 240 ? code / 40 : (code - 239) * 100;
}

function drawPause(random: Prng): number {
  if (random.chance(0.6)) return 0;
  return random.chance(0.99) ? random.below(100) : 240 + random.below(16);
}

/** What the ring says now: forgeries of it get deep, as its ring ids and numbers are those in force. */
class Overheard {
  readonly seeds: Uint8Array[] = [captured[0]!];
  private next = 0;
  private forging = false;
  /** Members, a node of no list, and what is nobody. */
  readonly material: Material = { seeds: this.seeds, fields: packetFields, numbers: [1, 2, 3, 77, 0] };

  constructor(private readonly on: SimulatedCluster) {}

  listen(): void {
    this.on.network.filter = (_from, _to, packet) => {
      if (this.forging) return true;
      this.seeds[this.next] = packet.slice();
      this.next = (this.next + 1) % MEMORY;
      return true;
    };
  }

  /** Brings in a packet from nowhere. */
  inject(to: number, packet: Uint8Array): void {
    this.forging = true;
    // The simulated network does not tell a node where a packet comes from: that is the transport's to check.
    this.on.network.carry(to === 1 ? 2 : 1, to, packet.slice(), 0);
    this.forging = false;
  }

  forge(random: Prng): Uint8Array {
    head.set([drawPause(random), 1 + random.below(3)]);
    return mutator.next(
      random,
      random.chance(0.05) ? { ...this.material, seeds: captured } : this.material,
      head,
    );
  }
}

/** Disturbs the ring with the packets of one round. False: there are no more. */
async function disturb(ring: SimulatedCluster, source: Source, overheard: Overheard): Promise<boolean> {
  overheard.listen();
  for (let left = ROUND; left > 0; left--) {
    const input = source.next((random) => overheard.forge(random));
    if (input === undefined) return false;
    const [pause = 0, to = 1] = input;
    const state = ring.alive(to)?.state ?? 'unknown node';
    const began = performance.now();
    overheard.inject(to, input.subarray(HEAD));
    // Without a pause it comes together with the next one.
    if (pause > 0) await ring.run(ARRIVAL);
    source.took(performance.now() - began, state);
    if (pause > 0) await ring.run(pauseOf(pause));
    if (left % 50 === 0) mustLive(ring);
  }
  return true;
}

export const ring: Target = {
  name: 'ring',
  about: 'forged packets to the nodes of a live ring, which has to come back when they end',
  inputs: 1_000_000,
  length: 5 * ROUND,
  stateless: false,
  async play(source) {
    const three = cluster({ nodes: 3, config });
    three.start();
    await three.settled();
    const overheard = new Overheard(three);
    for (let round = 0, more = true; more; round++) {
      more = (await disturb(three, source, overheard)) && source.left > 0;
      three.network.calm();
      await three.run(AFTERMATH);
      await mustBeWell(three, `round ${round}`);
      three.trace.events.length = 0;
      source.rest();
    }
    // What was written to the state folder is something to start from.
    three.crash(2);
    three.start(2);
    await mustBeWell(three, 'afterwards');
  },
};
