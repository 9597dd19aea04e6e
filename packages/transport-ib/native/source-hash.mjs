// Prints a hash of everything the addon is built from. It is compiled in, so that a test can tell whether
// the shipped prebuild belongs to these sources.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const folder = fileURLToPath(new URL('.', import.meta.url));
const files = readdirSync(folder)
  .filter((name) => /\.(cc|h)$/.test(name))
  .sort()
  .map((name) => `${folder}${name}`);
const hash = createHash('sha256');
for (const file of [...files, `${folder}../binding.gyp`]) hash.update(readFileSync(file));
console.log(hash.digest('hex').slice(0, 16));
