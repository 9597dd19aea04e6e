import { engineConformance } from '@coterie/testkit';
import { Amount, CounterEngine } from '@acme/counter';

/** What every engine with a common state has to do, whatever it is for. */
describe('counter as an engine', function () {
  this.timeout(60_000);
  const demands = engineConformance({
    folder: new URL('..', import.meta.url),
    engine: CounterEngine,
    state: ({ value }) => value,
    change: (program, n) => program.request(0, Amount, { amount: 1n << BigInt(n % 64) }),
  });
  for (const { title, run } of demands) it(title, run);
});
