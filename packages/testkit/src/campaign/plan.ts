import type { Prng } from '../simulation/prng.js';
import { faultNames, type FaultName } from './draw.js';
import type { Setting, Talk } from './script.js';
import { groups } from './workload.js';

/** What a schedule is drawn from, itself drawn from the seed. */
export interface Plan extends Setting {
  /** The kinds of faults that this schedule mixes (swarm testing: few at a time reach further than all together). */
  readonly faults: readonly FaultName[];
  readonly steps: number;
  /** Longest time between two faults, milliseconds. */
  readonly gap: number;
}

/** Clusters of three to five are most common. */
const sizes = [1, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 7, 9];
const largeSizes = [16, 32, 64];
const messageSizes = [50, 50, 1400, 1400, 6000, 40_000];
/** Packets with messages that the nodes of a schedule hear together, at most and about. */
const hearings = [2000, 4000, 4000, 8000, 30_000];
const PACKET_BYTES = 1400;
/** The 32-bit counter of milliseconds wraps soon after the start. */
const NEAR_WRAP = 2 ** 32 - 5000;
/** So do the sequence numbers of packets. */
const NEAR_LAST_SEQ = 0xfffffe00;

export function plan(seed: number, random: Prng): Plan {
  const nodes = random.pick(random.chance(0.001) ? largeSizes : sizes);
  const latency = random.between(0.2, 3);
  const token = Math.round(random.between(200, 1200) + 20 * latency * nodes);
  const forgetful = random.chance(0.04);
  const faults = faultNames.filter((name) => name !== 'damage' && random.chance(0.3));
  if (forgetful) faults.push('damage', 'crash');
  const totem: Record<string, number> = { token };
  if (random.chance(0.2)) totem.window_size = random.pick([5, 20, 200]);
  if (random.chance(0.2)) totem.max_messages = random.pick([1, 5, 50]);
  if (random.chance(0.2)) totem.fail_recv_const = random.pick([20, 100]);
  const steps = 4 + random.below(12);
  const gap = random.between(100, 4 * token);
  if (random.chance(0.1)) totem.send_join = random.pick([10, 80]);
  const uptime = random.chance(0.1) ? NEAR_WRAP : 0;
  const startSeq = random.chance(0.1) ? NEAR_LAST_SEQ : 0;
  const talk = drawTalk((steps * gap) / 2, nodes, random);
  const quorum: Record<string, number> = {};
  // More nodes that split one way and then another may find themselves with a tie-breaker on both sides.
  if (nodes === 2 && random.chance(0.5)) quorum.auto_tie_breaker = 1;
  if (random.chance(0.2)) quorum.wait_for_all = 1;
  return {
    cluster: { nodes, seed, uptime, startSeq, config: { totem, quorum } },
    ...{ token, faults, forgetful, latency, steps, gap, talk },
  };
}

/** Without a bound to what is said, a few schedules would take as long as all others. */
function drawTalk(duration: number, nodes: number, random: Prng): Talk {
  const every = random.between(5, 60);
  const chance = random.between(0.05, 0.6);
  const size = random.pick(messageSizes);
  const packets = (duration / every) * nodes * groups.length * chance * (1 + size / 2 / PACKET_BYTES);
  const share = Math.min(1, random.pick(hearings) / (packets * nodes));
  return { every, chance, size, share, seed: random.below(2 ** 32) };
}
