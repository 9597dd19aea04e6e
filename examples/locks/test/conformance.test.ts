import { engineConformance } from '@coterie/testkit';
import { LocksEngine, Want } from '@acme/locks';

describe('locks as an engine', function () {
  this.timeout(60_000);
  const demands = engineConformance({
    folder: new URL('..', import.meta.url),
    engine: LocksEngine,
    state: ({ claims }) => claims,
    change: (program, n) => program.request(0, Want, { name: `lock ${n}` }),
  });
  for (const { title, run } of demands) it(title, run);
});
