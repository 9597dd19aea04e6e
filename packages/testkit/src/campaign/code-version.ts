import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Which code a campaign ran on. */
export interface CodeVersion {
  /** `git describe` where the packages stand in a clone, else the version of this package. */
  readonly version: string;
  /** Of the built files: equal for equal code. */
  readonly hash: string;
}

/** What the outcome of a schedule depends on. */
const packages = ['sdk', 'totem', 'core', 'engine-cpg', 'engine-quorum', 'engine-confdb', 'testkit'];

/** The version of what would run now. @throws Error if a package is not there */
export function codeVersion(): CodeVersion {
  const hash = createHash('sha256');
  for (const name of packages) {
    const folder = packageFolder(name);
    for (const file of builtFiles(folder)) {
      hash.update(`${name}/${relative(folder, file)}\n`);
      hash.update(readFileSync(file));
    }
  }
  return { version: version(), hash: hash.digest('hex').slice(0, 16) };
}

function packageFolder(name: string): string {
  return fileURLToPath(new URL('.', import.meta.resolve(`@coterie/${name}/package.json`)));
}

function builtFiles(folder: string): string[] {
  return readdirSync(join(folder, 'dist'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.js'))
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort();
}

function version(): string {
  const folder = packageFolder('testkit');
  try {
    const describe = ['describe', '--always', '--dirty'];
    return execFileSync('git', describe, { cwd: folder, encoding: 'utf8', stdio: 'pipe' }).trim();
  } catch {
    const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
    return version;
  }
}
