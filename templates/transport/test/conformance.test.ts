import { transportConformance } from '@coterie/testkit';
import { members } from './ports.js';

/** What the contract of a transport asks for. */
describe('__name__ as a transport', function () {
  this.timeout(60_000);
  const demands = transportConformance({ folder: new URL('..', import.meta.url), name: '__name__', members });
  for (const { title, run } of demands) it(title, run);
});
