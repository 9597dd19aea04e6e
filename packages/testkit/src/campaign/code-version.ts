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

/** The version of what would run now. @throws Error if a package is not there */
export function codeVersion(): CodeVersion {
  const hash = createHash('sha256');
  for (const name of packages()) {
    const folder = packageFolder(name);
    for (const file of builtFiles(folder)) {
      hash.update(`${name}/${relative(folder, file)}\n`);
      hash.update(readFileSync(file));
    }
  }
  return { version: version(), hash: hash.digest('hex').slice(0, 16) };
}

/** What the outcome of a schedule depends on: this package, and those of ours that it depends on. */
function packages(): string[] {
  const { name, dependencies = {} } = packageJson();
  const scope = `${name.split('/')[0]}/`;
  return [name, ...Object.keys(dependencies).filter((each) => each.startsWith(scope))];
}

function packageJson(): { name: string; version: string; dependencies?: Record<string, string> } {
  return JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as ReturnType<
    typeof packageJson
  >;
}

function packageFolder(name: string): string {
  return fileURLToPath(new URL('.', import.meta.resolve(`${name}/package.json`)));
}

function builtFiles(folder: string): string[] {
  return readdirSync(join(folder, 'dist'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.js'))
    .map(({ parentPath, name }) => join(parentPath, name))
    .sort();
}

function version(): string {
  try {
    const describe = ['describe', '--always', '--dirty'];
    return execFileSync('git', describe, {
      cwd: import.meta.dirname,
      encoding: 'utf8',
      stdio: 'pipe',
    }).trim();
  } catch {
    return packageJson().version;
  }
}
