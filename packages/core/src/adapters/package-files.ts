import { readFileSync, realpathSync } from 'node:fs';
import type { PackageFiles } from '../plugins/plugin-package.js';

/** What is installed on the disk. What cannot be read counts as not there. */
export const packageFiles: PackageFiles = {
  readFile: (path) => attempt(() => readFileSync(path, 'utf8')),
  realpath: (path) => attempt(() => realpathSync(path)),
};

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
