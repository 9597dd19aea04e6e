import { describeWith, program } from '../needs.js';
import { describeTrials } from '../interop/describe-trials.js';
import type { ClusterPlan } from '../interop/cluster.js';
import {
  boot,
  crash,
  crashes,
  departure,
  departures,
  loss,
  messages,
  partition,
  pause,
  powerFailure,
  traffic,
  type Scenario,
} from '../interop/scenarios.js';
import { Trial } from '../interop/trial.js';
import { Loopback } from './loopback.js';

/** Milliseconds; the shorter it is, the less there is to wait for. */
const TOKEN = 1000;

const direct = (sockets?: string) => (nodes: readonly number[]) =>
  Loopback.direct(nodes, () => (sockets === undefined ? [] : ['env', `COTERIE_UDP_SOCKETS=${sockets}`]));

function ring(
  count: number,
  token: number | undefined,
  scenarios: readonly Scenario[],
  network = (nodes: readonly number[]) => Loopback.create(nodes),
  transport: ClusterPlan['transport'] = 'udpu',
): Trial {
  const nodes = Array<'coteried'>(count).fill('coteried');
  const plan: ClusterPlan = { transport, nodes, ...(token === undefined ? {} : { token }) };
  return new Trial(plan, scenarios, network);
}

/** The longest first, as they run side by side; the one that takes most of the machine last. */
const trials: Record<string, Trial> = {
  'of three, with a short token timeout': ring(3, TOKEN, [
    boot([3, 1, 2], 500),
    traffic,
    crashes,
    departures,
    powerFailure,
    loss(0.1, 30),
    pause([1, 2, 3], 2),
    pause([1, 3], 5),
    traffic,
  ]),
  'of five': ring(5, 1.5 * TOKEN, [
    boot([2, 5, 1, 4, 3], 100),
    traffic,
    crashes,
    partition([1, 2], 10),
    partition([1, 3, 5], 4),
    departures,
  ]),
  'of three, with default timers': ring(3, undefined, [
    boot([1, 2, 3], 0),
    crashes,
    departures,
    partition([2], 10),
  ]),
  'of two': ring(2, TOKEN, [
    boot([2, 1], 0),
    traffic,
    crashes,
    departures,
    partition([1], 4),
    pause([1, 2], 2),
  ]),
  'of one': ring(1, TOKEN, [boot([1], 0), traffic, powerFailure, traffic]),
  'over the native sockets': ring(3, TOKEN, [boot([1, 2, 3], 0), traffic, crashes], direct('native')),
  'over the sockets of node:dgram': ring(3, TOKEN, [boot([1, 2, 3], 0), traffic, crashes], direct('dgram')),
  'over multicast': ring(3, TOKEN, [boot([1, 2, 3], 0), traffic, crashes, departures], direct(), 'udp'),
  'of sixteen': ring(
    16,
    3 * TOKEN,
    [
      boot([16, 3, 8, 1, 12, 5, 10, 2, 14, 7, 9, 4, 11, 6, 13, 15], 0),
      messages([
        [300, 20],
        [1, 10],
        [1500, 10],
        [100_000, 1],
      ]),
      crash([7]),
      departure([1]),
    ],
    direct(),
  ),
};

describeWith([program('setpriv')], 'a ring of coteried on one address', () => describeTrials(trials, 3));
