import { runTrials, type Reached, type Trial } from './trial.js';

/** The trials run side by side, so many at a time; each of their scenarios is a test that waits for its outcome. */
export function describeTrials(trials: Readonly<Record<string, Trial>>, atATime: number): void {
  before(() => {
    void runTrials(Object.values(trials), atATime);
  });

  for (const [title, trial] of Object.entries(trials)) {
    describe(title, function () {
      this.timeout(400_000);
      const check = (what: string, outcome: () => Promise<Reached>) =>
        it(what, async function () {
          if ((await outcome()) === 'not reached') this.skip();
        });
      trial.scenarios.forEach((scenario, i) => check(scenario.title, () => trial.outcome(i)));
      check('kept extended virtual synchrony, and its daemons alive', () => trial.right);
      if (trial.recorded) {
        check('had nothing on its network that is not understood to the last byte', () => trial.readable);
      }
    });
  }
}
