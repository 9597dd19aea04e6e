import { engineConformance } from '@coterie/testkit';
import { Put, QueueEngine } from '@acme/queue';

/** What every engine with a common state has to do, whatever it is for. */
describe('queue as an engine', function () {
  this.timeout(60_000);
  const demands = engineConformance({
    folder: new URL('..', import.meta.url),
    engine: QueueEngine,
    state: ({ queue }) => queue,
    change: (program, n) => program.request(0, Put, { text: `task ${n}` }),
  });
  for (const { title, run } of demands) it(title, run);
});
