import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { className, folderOf, tarball, type Project } from './project.js';

/** A file to be written: its path in the project's folder. */
export interface File {
  readonly path: string;
  readonly text: string;
}

/** Inside the package once it is packed, at the root of the repository before. */
const folder = ['../templates', '../../../templates']
  .map((path) => fileURLToPath(new URL(path, import.meta.url)))
  .find((path) => existsSync(path));

/** Of the packages that a project starts with: those that this one was released with. */
const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

/** The template of the project's kind with the names filled in, by path. */
export function filesOf(project: Project): readonly File[] {
  const root = join(folder!, project.kind);
  const fill = filler(project);
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
    .sort()
    .map((path) => ({ path: fill(named(path)), text: fill(readFileSync(join(root, path), 'utf8')) }));
}

/** npm leaves files called .gitignore out of a package. */
function named(path: string): string {
  return path.replace(/(^|\/)gitignore$/, '$1.gitignore');
}

function filler(project: Project): (text: string) => string {
  const { name, packageName, service, directory } = project;
  const values: Readonly<Record<string, string>> = {
    ...{ name, directory, version, package: packageName, Name: className(name) },
    service: `${service}`,
    folder: folderOf(project),
    tarball: tarball(packageName, '0.1.0'),
  };
  return (text) => text.replace(/__([A-Za-z]+)__/g, (mark, key: string) => values[key] ?? mark);
}
