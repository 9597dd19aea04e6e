import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The project's root: this file runs as test/dist-test/house/sources.js. */
export const root = join(import.meta.dirname, '..', '..', '..');

/** Every file of the project, committed or about to be, by path from the root. */
export function files(pattern: RegExp): string[] {
  const listed = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  const deleted = execFileSync('git', ['ls-files', '-z', '--deleted'], { cwd: root, encoding: 'utf8' }).split(
    '\0',
  );
  return listed.split('\0').filter((path) => pattern.test(path) && !deleted.includes(path));
}

export function text(path: string): string {
  return readFileSync(join(root, path), 'utf8');
}
