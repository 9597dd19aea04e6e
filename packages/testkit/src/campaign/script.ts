import type { ClusterOptions } from '../simulation/cluster.js';
import { describeFault, type Fault } from './fault.js';

/** The cluster of a schedule and what is said on it. */
export interface Setting {
  /** As JSON can hold it: no plugins of others. */
  readonly cluster: Omit<ClusterOptions, 'plugins'>;
  /** Effective token timeout, milliseconds. */
  readonly token: number;
  /** Files with ring ids get lost: ids of rings may come again, and nothing but liveness can be asked for. */
  readonly forgetful: boolean;
  /** Milliseconds that a packet takes. */
  readonly latency: number;
  readonly talk: Talk;
}

/** What the programs say, in bursts. */
export interface Talk {
  readonly seed: number;
  /** Milliseconds between rounds of messages. */
  readonly every: number;
  /** Probability that a program says something in a round of a burst. */
  readonly chance: number;
  /** Bytes of the largest message. */
  readonly size: number;
  /** Share of the rounds that belong to bursts. */
  readonly share: number;
}

/** A fault and when it strikes, in virtual milliseconds. */
export interface Step {
  readonly at: number;
  readonly fault: Fault;
}

/** A schedule step by step: with nothing left to be drawn, it can be cut down and run again. */
export interface Script extends Setting {
  /** The first fault waits for a ring of all nodes, at most ten token timeouts. */
  readonly ring: boolean;
  readonly steps: readonly Step[];
}

/** For people: the setting, then one line a step. */
export function describeScript({ cluster, token, latency, talk, ring, forgetful, steps }: Script): string {
  const { nodes, config, uptime = 0 } = cluster;
  const ids = typeof nodes === 'number' ? `1 to ${nodes}` : nodes.join(' ');
  const said =
    talk.chance === 0
      ? 'nobody says anything'
      : `every ${talk.every.toFixed(0)} ms each program says up to ${talk.size} bytes with probability ${talk.chance.toFixed(2)}` +
        (talk.share < 1 ? `, in ${(100 * talk.share).toFixed(0)} % of the time` : '');
  return [
    `nodes ${ids}; token ${token} ms; latency ${latency.toFixed(2)} ms; ${said}`,
    ...(config === undefined ? [] : [`configuration ${JSON.stringify(config)}`]),
    ...(uptime === 0 ? [] : [`monotonic clocks start at ${uptime} ms`]),
    ...(ring ? ['the first fault waits for a ring of all'] : []),
    ...(forgetful ? ['only liveness is asked for: ring ids get lost'] : []),
    ...steps.map(({ at, fault }) => `${at.toFixed(3).padStart(12)}  ${describeFault(fault)}`),
  ].join('\n');
}
