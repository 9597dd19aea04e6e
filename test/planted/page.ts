import { writeFileSync } from 'node:fs';
import type { PlantedBug } from './bug.js';
import type { Kills } from './kills.js';

const file = new URL('../../../docs/planted-bugs.md', import.meta.url);

export function writePage(bugs: readonly PlantedBug[], kills: Kills): void {
  writeFileSync(file, renderPage(bugs, kills));
}

export function renderPage(bugs: readonly PlantedBug[], kills: Kills): string {
  const lines = bugs.map(({ name, what, row }) => {
    const kill = kills[name];
    const end = kill?.found === undefined ? 'not found' : kill.found.property;
    return `| \`${name}\` | ${what} | ${row ?? ''} | ${kill?.seeds ?? ''} | ${end} | ${kill?.seconds ?? ''} |`;
  });
  return ['# Planted bugs', '', ...lines, ''].join('\n');
}
