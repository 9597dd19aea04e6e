import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { defects } from './defects.js';
import { PAGE, page, tryAll, type Seen } from './defects-page.js';

describe('A daemon refuses a plugin that', function () {
  this.timeout(180_000);
  let seen: readonly Seen[];

  before(async () => {
    seen = await tryAll();
  });

  for (const [i, { title, code }] of defects.entries()) {
    it(title, () => {
      const { lines, exit } = seen[i]!;
      assert.match(lines[0] ?? '(nothing)', new RegExp(`\\[${code}\\]`));
      assert.ok(exit !== null && exit > 0, `it ended with ${exit}`);
    });
  }

  it('and docs/plugin-defects.md shows what it says', () => {
    assert.equal(readFileSync(PAGE, 'utf8'), page(seen), 'npm run docs writes the page');
  });
});
