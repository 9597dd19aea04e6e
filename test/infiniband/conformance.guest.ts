import { demands } from './demands.js';

for (const [family, network] of [
  ['IPv4', '10.9.0.'],
  ['IPv6', 'fd00:9::'],
] as const) {
  describe(`transport iba over soft-RoCE and ${family}`, function () {
    this.timeout(120_000);
    for (const { title, run } of demands(network)) it(title, run);
  });
}
