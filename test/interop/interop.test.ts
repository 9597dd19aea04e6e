import { describeWith, program, root, type Need } from '../needs.js';
import type { ClusterPlan } from './cluster.js';
import { describeTrials } from './describe-trials.js';
import {
  boot,
  crashes,
  departures,
  loss,
  partition,
  pause,
  powerFailure,
  processes,
  traffic,
  type Scenario,
} from './scenarios.js';
import { storm } from './storm.js';
import { Trial } from './trial.js';

const needs: Need[] = [
  root,
  ...['corosync', 'gcc', 'ip', 'iptables', 'nsenter', 'setpriv', 'tcpdump'].map(program),
];

const corosync = 'corosync';
const coteried = 'coteried';

/** The whole life of a ring with a short token timeout, so that it fails over quickly. */
function life(plan: Omit<ClusterPlan, 'token'>, first: Scenario): Trial {
  const all = plan.nodes.map((_, i) => i + 1);
  const ours = all.filter((id) => plan.nodes[id - 1] === coteried);
  const real = all.filter((id) => plan.nodes[id - 1] === corosync);
  return new Trial({ ...plan, token: 1000 }, [
    first,
    traffic,
    processes,
    crashes,
    departures,
    powerFailure,
    partition(ours.length > 0 ? ours : [1], 10),
    partition([all.length], 3),
    loss(0.1, 30),
    pause(all, 2),
    pause([...ours.slice(0, 1), ...real.slice(-1)], 5),
    traffic,
  ]);
}

const trials: Record<string, Trial> = {
  'of two coteried and three corosync over udpu': life(
    { transport: 'udpu', nodes: [coteried, corosync, corosync, coteried, corosync] },
    boot([3, 1, 5, 2, 4], 100),
  ),
  'with coteried as the lowest of three over udpu': life(
    { transport: 'udpu', nodes: [coteried, corosync, corosync] },
    boot([2, 3, 1], 500),
  ),
  'with coteried as the middle of three over udp': life(
    { transport: 'udp', nodes: [corosync, coteried, corosync] },
    boot([1, 2, 3], 0),
  ),
  'with corosync as the lowest of three over udpu': life(
    { transport: 'udpu', nodes: [corosync, coteried, coteried] },
    boot([3, 2, 1], 500),
  ),
  'with corosync as the middle of three over udp': life(
    { transport: 'udp', nodes: [coteried, corosync, coteried] },
    boot([1, 3, 2], 500),
  ),
  'with coteried as the highest of three and default timers': new Trial(
    { transport: 'udpu', nodes: [corosync, corosync, coteried] },
    [boot([1, 2, 3], 0), crashes, departures, partition([1], 12), traffic],
  ),
  'of three coteried with clients of libcpg': new Trial(
    { transport: 'udpu', token: 1000, nodes: [coteried, coteried, coteried], library: 'libcpg' },
    [boot([1, 2, 3], 0), traffic, processes, crashes, departures, pause([2], 2), traffic],
  ),
  // Storms are for rings of our own: a real node may abort in one, or not tell its clients that somebody has left.
  'of coteried alone over udp, in a storm': new Trial(
    { transport: 'udp', token: 1000, nodes: [coteried, coteried, coteried, coteried, coteried] },
    [boot([1, 2, 3, 4, 5], 200), storm(45, 1)],
  ),
  'of corosync alone, to test the tests': life(
    { transport: 'udpu', nodes: [corosync, corosync, corosync] },
    boot([1, 2, 3], 0),
  ),
};

describeWith(needs, 'a ring', () => describeTrials(trials, 4));
