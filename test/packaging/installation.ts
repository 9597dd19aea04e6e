import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

export const ROOT = resolve(import.meta.dirname, '../../..');

export interface PackageJson {
  readonly name: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly coterie?: { readonly entry: string; readonly config?: string };
}

export interface Packed {
  readonly json: PackageJson;
  /** Paths in the package. */
  readonly files: readonly string[];
}

/**
 * An empty folder with the packages of this repository installed from their tarballs, without a registry and
 * without install scripts. What a package depends on is linked beneath it alone: one that it does not name is not
 * found.
 */
export class PackedInstallation {
  readonly folder = mkdtempSync(join(tmpdir(), 'coterie-packed-'));
  readonly packages: readonly Packed[];

  constructor() {
    const tarballs = join(this.folder, 'tarballs');
    mkdirSync(tarballs);
    const output = execFileSync(
      'npm',
      ['pack', '--workspace', 'packages', '--json', '--pack-destination', tarballs],
      {
        cwd: ROOT,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      },
    );
    const packed = JSON.parse(output) as { name: string; filename: string; files: { path: string }[] }[];
    this.packages = packed.map(({ name, filename, files }) => {
      const place = join(this.folder, 'node_modules', name);
      mkdirSync(place, { recursive: true });
      execFileSync('tar', ['xzf', join(tarballs, filename), '-C', place, '--strip-components=1']);
      const json = JSON.parse(readFileSync(join(place, 'package.json'), 'utf8')) as PackageJson;
      return { json, files: files.map(({ path }) => path) };
    });
    for (const { json } of this.packages) this.linkWhatItNeeds(json);
    // What a project in TypeScript has of its own.
    link(join(ROOT, 'node_modules/@types/node'), join(this.folder, 'node_modules/@types/node'));
  }

  /** The command of a package, as npx finds it. */
  command(name: string): string {
    return join(this.folder, 'node_modules/.bin', name);
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  private linkWhatItNeeds({ name, dependencies = {}, bin = {} }: PackageJson): void {
    const place = join(this.folder, 'node_modules', name);
    const source = join(ROOT, 'packages', name.replace('@coterie/', ''));
    for (const needed of Object.keys(dependencies)) {
      if (!needed.startsWith('@coterie/'))
        link(installed(needed, source), join(place, 'node_modules', needed));
    }
    for (const [command, path] of Object.entries(bin)) link(join(place, path), this.command(command));
  }
}

/** Where Node finds a dependency of the package in `from`. */
function installed(name: string, from: string): string {
  for (let folder = from; ; folder = dirname(folder)) {
    try {
      return realpathSync(join(folder, 'node_modules', name));
    } catch (error) {
      if (folder === dirname(folder)) throw error;
    }
  }
}

function link(target: string, path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  symlinkSync(target, path);
}
