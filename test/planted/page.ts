import { bugs, findBug, protocolBugs } from './bugs.js';
import { missedBugs, missedKnownBugs } from './bugs/missed.js';
import { FIRST_SEED, MOST_SEEDS, readKills } from './kills.js';
import { operatorMutation } from './operator-mutation.js';

type Table = (head: readonly string[], rows: readonly (readonly string[])[]) => string;

/** docs/planted-bugs.md; `table` writes one in Markdown. */
export function plantedBugsPage(table: Table): string {
  const tried = protocolBugs.flatMap(({ name }) =>
    readKills()[name]?.found ? [readKills()[name]!.seeds] : [],
  );
  tried.sort((a, b) => a - b);
  const cells = (rows: string[][]) => rows.map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  return `# Planted bugs

Generated from \`test/planted\` and from what \`npm run mutants\` found. Each bug is a change of one built file, made while a process
of a test loads it; the packages hold nothing of it. Together with those of [known-bugs.md](known-bugs.md) there are ${bugs.length}.

## What random schedules find

Random schedules of faults, from seed ${FIRST_SEED} on, look for each bug; it is found when a property of the checkers does not hold. An error
that a daemon ends with does not count. At most ${MOST_SEEDS} seeds may be tried. ${tried.length} of ${protocolBugs.length} bugs were found: the median took ${plural(tried[tried.length >> 1]!)},
the longest search ${plural(tried.at(-1)!)}. The properties are explained in \`packages/testkit/src/check/properties.ts\`; a row names a bug of
[known-bugs.md](known-bugs.md) that is much the same. The tests try every bug again with the seed that found it.

${table(['Bug', 'What is wrong', 'Row', 'File', 'Property', 'Seed'], cells(found()))}
## What they miss

Tests that make just the case find these.

${table(['Bug', 'What is wrong', 'Why random schedules miss it, as far as is known', 'What finds it'], cells(missed()))}
## Operator mutation

\`npm run stryker -- --mutate FILE\` changes the operators of a built file of \`packages/totem\` one by one and runs the tests of its
\`wire\` and \`groups\` (StrykerJS 9.6; the later ones need Node.js 22). Done so far, and nothing else of the package:

${table(['File', 'Mutants', 'Survived', 'Score'], scores())}`;
}

function plural(seeds: number): string {
  return seeds === 1 ? '1 seed' : `${seeds} seeds`;
}

function found(): string[][] {
  const kills = readKills();
  return protocolBugs.map(({ name, what, row = '', file }) => {
    const { property, seed } = kills[name]?.found ?? { property: 'none', seed: '' };
    return [`\`${name}\``, what, row, `\`${file}\``, property, `${seed}`];
  });
}

function missed(): string[][] {
  const own = missedBugs.map(({ name, what, why, finder: { file, test } }) => {
    return [`\`${name}\``, what, why, `**${test}** (\`${file}\`)`];
  });
  const known = missedKnownBugs.map(({ name, why }) => {
    const { what, row } = findBug(name);
    return [`\`${name}\``, what, why, `${row} of [known-bugs.md](known-bugs.md)`];
  });
  return [...own, ...known];
}

function scores(): string[][] {
  const sum = (column: 1 | 2) => operatorMutation.reduce((total, line) => total + line[column], 0);
  const lines = [...operatorMutation, ['all of these', sum(1), sum(2)] as const];
  return lines.map(([file, mutants, survived]) => {
    const score = `${((100 * (mutants - survived)) / mutants).toFixed(1)} %`;
    return [file, `${mutants}`, `${survived}`, score];
  });
}
