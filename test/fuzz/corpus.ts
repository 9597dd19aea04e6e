import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Beside the sources: this file runs as test/dist-test/fuzz/corpus.js. */
const folder = join(import.meta.dirname, '..', '..', 'fuzz', 'corpus');

/** Inputs that once did harm, one a line in hexadecimal; lines that begin with # say what they did. */
export interface Regression {
  readonly file: string;
  readonly inputs: readonly Uint8Array[];
}

/** Of the target with this name, in the order of their names. */
export function corpus(target: string): Regression[] {
  const own = join(folder, target);
  if (!existsSync(own)) return [];
  return readdirSync(own)
    .sort()
    .map((name) => read(join(own, name)));
}

export function read(file: string): Regression {
  const lines = readFileSync(file, 'utf8').split('\n');
  // An empty line is an empty input; the last one ends the file.
  lines.pop();
  const inputs = lines.filter((line) => !line.startsWith('#')).map((line) => Buffer.from(line, 'hex'));
  return { file, inputs };
}

/** Keeps the inputs for `npm test`. Returns the file. */
export function store(target: string, inputs: readonly Uint8Array[], what: string): string {
  const lines = inputs.map((input) => Buffer.from(input).toString('hex'));
  const name = createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, 12);
  const own = join(folder, target);
  mkdirSync(own, { recursive: true });
  const file = join(own, `${name}.hex`);
  writeFileSync(file, [`# ${what.split('\n')[0]}`, ...lines, ''].join('\n'));
  return file;
}
