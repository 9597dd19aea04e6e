import { describeWith, program, root, type Need } from '../needs.js';
import type { ClusterPlan } from './cluster.js';
import {
  boot,
  crashes,
  departures,
  loss,
  partition,
  pause,
  powerFailure,
  traffic,
  type Scenario,
} from './scenarios.js';
import { Trial, runTrials } from './trial.js';

const needs: Need[] = [
  root,
  ...['corosync', 'gcc', 'ip', 'iptables', 'nsenter', 'setpriv', 'tcpdump'].map(program),
];

const corosync = 'corosync';
const coteried = 'coteried';

/** The whole life of a ring with a short token timeout, so that it fails over quickly. */
function life(plan: Omit<ClusterPlan, 'token'>, first: Scenario, ours: readonly number[]): Trial {
  const last = plan.nodes.length;
  const all = plan.nodes.map((_, i) => i + 1);
  return new Trial({ ...plan, token: 1000 }, [
    first,
    traffic,
    crashes,
    departures,
    powerFailure,
    partition(ours, 10),
    partition([last], 4),
    loss(0.1, 30),
    pause(all, 2),
    pause([ours[0]!, last], 5),
    traffic,
  ]);
}

const trials: Record<string, Trial> = {
  'three corosync over udpu, to test the tests': life(
    { transport: 'udpu', nodes: [corosync, corosync, corosync] },
    boot([1, 2, 3], 0),
    [1],
  ),
};

describeWith(needs, 'a ring of real corosync and coteried', function () {
  before(() => {
    void runTrials(Object.values(trials), 3);
  });

  for (const [title, trial] of Object.entries(trials)) {
    describe(title, function () {
      this.timeout(400_000);
      trial.scenarios.forEach((scenario) => it(scenario.title, () => trial.outcome(scenario)));
      it('kept extended virtual synchrony, and its daemons alive', () => trial.right);
      if (trial.plan.nodes.includes(coteried)) {
        it('had nothing on its network that is not understood to the last byte', () => trial.readable);
      }
    });
  }
});
