import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CoterieError } from '@coterie/sdk';
import { decide, type Project, type Wishes } from './project.js';
import { filesOf } from './templates.js';

export interface Choices extends Wishes {
  /** Say what would be written, and write nothing. */
  readonly dryRun?: boolean | undefined;
}

export interface Generated {
  readonly project: Project;
  /** Paths in the project's folder, sorted. */
  readonly files: readonly string[];
  /** What to type next, in order. */
  readonly next: readonly string[];
}

/**
 * Writes a project.
 * @param from the folder that relative paths start from
 * @throws CoterieError COTERIE_E_GENERATE_NAME; COTERIE_E_GENERATE_EXISTS with the files that would be overwritten:
 * nothing has been written then
 */
export function generate(choices: Choices, from: string): Generated {
  const project = decide(choices, from);
  const files = filesOf(project);
  const { directory } = project;
  const there = files.map(({ path }) => path).filter((path) => existsSync(join(directory, path)));
  if (there.length > 0) {
    throw new CoterieError(
      'COTERIE_E_GENERATE_EXISTS',
      `${directory} has ${there.join(', ')} already: nothing was written`,
    );
  }
  if (!choices.dryRun) {
    for (const { path, text } of files) {
      mkdirSync(dirname(join(directory, path)), { recursive: true });
      // Whatever has come there meanwhile stays.
      writeFileSync(join(directory, path), text, { flag: 'wx' });
    }
  }
  return { project, files: files.map(({ path }) => path), next: next(choices, project) };
}

function next({ directory }: Wishes, { kind, name }: Project): string[] {
  const last = kind === 'daemon' ? 'npm run dev' : 'npm test';
  return [`cd ${directory ?? name}`, 'npm install', last];
}
