import type { ClusterOptions } from '../simulation/cluster.js';
import type { Prng } from '../simulation/prng.js';
import { groups } from './workload.js';
import { faultNames, type FaultName } from './faults.js';

/** What a schedule is made of: drawn from its seed. */
export interface Plan {
  readonly cluster: ClusterOptions;
  /** Effective token timeout, milliseconds. */
  readonly token: number;
  /** The kinds of faults that this schedule mixes (swarm testing: few at a time reach further than all together). */
  readonly faults: readonly FaultName[];
  /** Files with ring ids get lost: ids of rings may come again, and nothing but liveness can be asked for. */
  readonly forgetful: boolean;
  readonly steps: number;
  /** Longest time between two faults, milliseconds. */
  readonly gap: number;
  readonly latency: number;
  readonly talk: Talk;
}

/** What the programs say, in bursts. */
export interface Talk {
  /** Milliseconds between rounds of messages. */
  readonly every: number;
  /** Probability that a program says something in a round of a burst. */
  readonly chance: number;
  /** Bytes of the largest message. */
  readonly size: number;
  /** Share of the rounds that belong to bursts. */
  readonly share: number;
}

/** Clusters of three to five are most common. */
const sizes = [1, 2, 2, 3, 3, 3, 3, 4, 4, 5, 5, 6, 7, 9];
const messageSizes = [50, 50, 1400, 1400, 6000, 40_000];
/** Packets with messages that the nodes of a schedule hear together, at most and about. */
const hearings = [2000, 4000, 4000, 8000, 30_000];
const PACKET_BYTES = 1400;
/** The 32-bit counter of milliseconds wraps soon after the start. */
const NEAR_WRAP = 2 ** 32 - 5000;

export function plan(seed: number, random: Prng): Plan {
  const nodes = random.pick(sizes);
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
  return {
    cluster: {
      ...{ nodes, seed },
      config: { totem },
      uptime: random.chance(0.1) ? NEAR_WRAP : 0,
    },
    ...{ token, faults, forgetful, latency },
    ...{ steps, gap },
    talk: drawTalk((steps * gap) / 2, nodes, random),
  };
}

/** Without a bound to what is said, a few schedules would take as long as all others. */
function drawTalk(duration: number, nodes: number, random: Prng): Talk {
  const every = random.between(5, 60);
  const chance = random.between(0.05, 0.6);
  const size = random.pick(messageSizes);
  const packets = (duration / every) * nodes * groups.length * chance * (1 + size / 2 / PACKET_BYTES);
  return { every, chance, size, share: Math.min(1, random.pick(hearings) / (packets * nodes)) };
}
