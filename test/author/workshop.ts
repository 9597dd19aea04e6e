import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { generate, type Kind } from 'create-coterie';

export const ROOT = resolve(import.meta.dirname, '../../..');

/** A folder to write projects in, with everything that this repository has installed. */
export class Workshop {
  readonly folder = mkdtempSync(join(tmpdir(), 'coterie-author-'));
  private copies = 0;

  constructor() {
    symlinkSync(join(ROOT, 'node_modules'), join(this.folder, 'node_modules'));
  }

  /** Has a project written; returns its folder. */
  generate(kind: Kind, packageName: string): string {
    return generate({ kind, packageName }, this.folder).project.directory;
  }

  /** What a program of node_modules/.bin prints in a project. @throws Error with that if the program fails */
  run(project: string, program: string, ...args: readonly string[]): string {
    try {
      const command = join(ROOT, 'node_modules/.bin', program);
      return execFileSync(command, args, {
        cwd: project,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
      });
    } catch (error) {
      const { stdout, stderr } = error as { stdout?: string; stderr?: string };
      throw new Error(`${program} ${args.join(' ')} failed:\n${stdout}\n${stderr}`, { cause: error });
    }
  }

  /** A copy of a built project with one thing in one of its files replaced. */
  spoil(project: string, file: string, what: string, by: string): string {
    const copy = `${project}-${++this.copies}`;
    cpSync(project, copy, { recursive: true });
    const path = join(copy, file);
    const text = readFileSync(path, 'utf8');
    if (!text.includes(what)) throw new Error(`${file} has no "${what}"`);
    writeFileSync(path, text.replace(what, by));
    return copy;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}
