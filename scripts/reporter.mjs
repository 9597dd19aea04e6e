/** Mocha's spec report for the reader, and the numbers in the file of the option `account` for scripts/test.mjs. */
import { writeFileSync } from 'node:fs';
import Mocha from 'mocha';

export default class AccountingReporter extends Mocha.reporters.Spec {
  constructor(runner, options) {
    super(runner, options);
    runner.once(Mocha.Runner.constants.EVENT_RUN_END, () => {
      const { passes, failures, pending } = this.stats;
      writeFileSync(options.reporterOptions.account, JSON.stringify({ passes, failures, pending }));
    });
  }
}
