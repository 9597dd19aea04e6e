import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from './workshop.js';

interface PackageJson {
  readonly name: string;
  readonly version: string;
  readonly files: readonly string[];
}

/** A folder of a daemon that has the plugins of this repository, and packages that are installed there besides. */
export class DaemonFolder {
  private readonly dependencies: Record<string, string>;

  constructor(readonly folder: string) {
    const root = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    this.dependencies = root.dependencies;
    mkdirSync(join(folder, 'node_modules'), { recursive: true });
    symlinkSync(join(ROOT, 'node_modules/@coterie'), join(folder, 'node_modules/@coterie'));
  }

  /**
   * Puts a built package there as npm does from its tarball, instead of another version of it.
   * @returns where it is now
   */
  install(from: string): string {
    const json = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8')) as PackageJson;
    const place = join(this.folder, 'node_modules', json.name);
    rmSync(place, { recursive: true, force: true });
    const parts = ['package.json', ...json.files.filter((path) => existsSync(join(from, path)))];
    for (const part of parts) cpSync(join(from, part), join(place, part), { recursive: true });
    this.dependencies[json.name] = json.version;
    const project = { private: true, dependencies: this.dependencies };
    writeFileSync(join(this.folder, 'package.json'), JSON.stringify(project));
    return place;
  }
}
