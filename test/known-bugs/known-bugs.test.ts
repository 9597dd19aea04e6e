import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { bugs } from '../planted/bugs.js';
import { withPlanted } from '../planted/with-planted.js';
import { areas, type Area } from './areas.js';
import { beside, catalogue } from './catalogue.js';
import { builtFrom } from './built.js';
import type { Attempt, Finding } from './try-planted.js';

const program = new URL('try-planted.js', import.meta.url);
const root = new URL('../../../', import.meta.url);

describe('The known bugs', function () {
  this.timeout(300_000);

  for (const area of areas) {
    describe(area.title, () => {
      const found = area.rows.flatMap(({ row, scenarios = [] }) =>
        scenarios.map((scenario) => ({ row, ...scenario })),
      );
      for (const { row, name, run } of found) it(`${row}: ${name}`, () => run());
      rediscovery(area);
    });
  }

  it('are those of the catalogue', () => {
    const rows = areas.flatMap((area) => area.rows.map(({ row }) => row));
    assert.deepEqual(rows, [...catalogue, ...beside]);
  });

  it('each have something that finds it again, or a reason why not', () => {
    const bare = areas
      .flatMap((area) => area.rows)
      .filter(({ scenarios = [], tests = [], remark }) => {
        const finds = [...scenarios, ...tests].flatMap((each) => each.finds);
        return finds.length === 0 && remark === undefined;
      });
    assert.deepEqual(bare, []);
  });

  it('name suites that are there', () => {
    const tests = areas.flatMap((area) => area.rows.flatMap(({ tests = [] }) => tests));
    assert.deepEqual(
      tests.filter(({ file }) => !existsSync(new URL(file, root))),
      [],
    );
  });

  it('are planted with the row that they belong to', () => {
    for (const { row, scenarios = [], tests = [] } of areas.flatMap((area) => area.rows)) {
      for (const name of [...scenarios, ...tests].flatMap(({ finds }) => finds))
        assert.equal(bugs.find((bug) => bug.name === name)?.row, row, name);
    }
  });
});

/** Plants each bug of the area, and sees that what is to find it does. */
function rediscovery({ file, rows }: Area): void {
  const attempts: Attempt[] = rows.flatMap(({ scenarios = [], tests = [] }) => [
    ...scenarios.flatMap(({ name, finds }) =>
      finds.map((bug) => ({ bug, module: new URL(`${file}.js`, import.meta.url).href, scenario: name })),
    ),
    ...tests.flatMap((each) =>
      each.finds.map((bug) => ({ bug, module: builtFrom(each.file).href, test: each.test })),
    ),
  ]);
  let findings: (Finding | null)[] = [];
  before(async () => {
    findings = await withPlanted(undefined, program, attempts, 240_000);
  });
  attempts.forEach(({ bug }, i) => {
    it(`finds again: ${bug}`, () => {
      const finding = findings[i];
      assert.ok(finding, 'nothing was found wrong');
      assert.ok(finding.property, finding.message);
    });
  });
}
