/** Writes docs/errors.md from the SDK's table; run it (`npm run docs`) after a change of the table. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { errors } from '@coterie/sdk';

export function errorsPage() {
  const sections = Object.entries(errors)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([code, { meaning, remedy }]) => `## ${code}\n\n${meaning}\n\n_What to do:_ ${remedy}\n`);
  return `# Error codes

Generated from \`packages/sdk/src/errors.ts\`. A code never changes its meaning; the message beside it names the file, line,
package or node at fault.

${sections.join('\n')}`;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  writeFileSync(join(import.meta.dirname, '..', 'docs', 'errors.md'), errorsPage());
}
