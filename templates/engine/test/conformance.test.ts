import { engineConformance } from '@coterie/testkit';
import { Text, __Name__Engine } from '__package__';

/** What every engine with a common state has to do, whatever it is for. */
describe('__name__ as an engine', function () {
  this.timeout(60_000);
  const demands = engineConformance({
    folder: new URL('..', import.meta.url),
    engine: __Name__Engine,
    state: ({ board }) => board,
    change: (program, n) => program.request(0, Text, { text: `line ${n}` }),
  });
  for (const { title, run } of demands) it(title, run);
});
