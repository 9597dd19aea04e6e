import { bugs } from '../planted/bugs.js';
import { areas, type Area } from './areas.js';
import type { KnownBug, Scenario, SuiteTest } from './known-bug.js';

type Table = (head: readonly string[], rows: readonly (readonly string[])[]) => string;

/** docs/known-bugs.md; `table` writes one in Markdown. */
export function knownBugsPage(table: Table): string {
  const rows = areas.flatMap((area) => area.rows);
  const finders = rows.flatMap(findersOf);
  const planted = new Set(finders.flatMap(({ finds }) => finds));
  const left = rows.filter((row) => findersOf(row).every(({ finds }) => finds.length === 0));
  return `# Known bugs

Generated from \`test/known-bugs\`. Bugs that corosync, libqb and kronosnet had and fixed, and how each is found again here: the bug
is planted in a process of a test, and the scenario or test beside it, which passes without, has to find it through a property of
what the daemon does. ${planted.size} bugs are planted for ${rows.length - left.length} rows; ${left.length} rows have none, with the reason.

${areas.map((area) => section(area, table)).join('\n')}`;
}

function section({ title, file, rows }: Area, table: Table): string {
  const lines = rows.map((bug) => {
    const finders = findersOf(bug);
    const how = finders.map(describe);
    return [bug.row, bug.symptom, [...how, ...(bug.remark === undefined ? [] : [bug.remark])].join('<br>')];
  });
  const cells = lines.map((line) => line.map((cell) => cell.replaceAll('|', '\\|')));
  const where = `Scenarios without a file are in \`test/known-bugs/${file}.ts\`.`;
  return `## ${title}\n\n${where}\n\n${table(['Bug', 'What went wrong', 'How it is found again'], cells)}`;
}

function describe(finder: Scenario | SuiteTest): string {
  const title = 'file' in finder ? `**${finder.test}** (\`${finder.file}\`)` : `**${finder.name}**`;
  const planted = finder.finds.map((name) => `\`${name}\` (${bugs.find((bug) => bug.name === name)?.what})`);
  const found = planted.length === 0 ? '' : ` Finds ${planted.join(', ')}.`;
  return `${title}. ${finder.property}${found}`;
}

function findersOf({ scenarios = [], tests = [] }: KnownBug): readonly (Scenario | SuiteTest)[] {
  return [...scenarios, ...tests];
}
