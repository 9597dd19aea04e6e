import { execFile, execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ROOT } from './installation.js';
import { LocalRegistry } from './registry.js';

const run = promisify(execFile);

/** What a release is made from, besides the sources, which do not matter here. */
const RELEASED = ['package.json', 'lerna.json', '.gitignore', 'templates', 'packages'];

/** All packages of this repository, published by lerna to a registry of this machine, and an empty folder beside. */
export class Release {
  /** Everything lies below it. */
  readonly folder = mkdtempSync(join(tmpdir(), 'coterie-release-'));
  readonly empty = join(this.folder, 'empty');
  readonly registry: LocalRegistry;

  private constructor() {
    mkdirSync(this.empty);
    this.registry = new LocalRegistry(npmConfig('registry'));
  }

  static async publish(): Promise<Release> {
    const release = new Release();
    try {
      await release.registry.start();
      release.configureNpm();
      await release.publishAll();
      return release;
    } catch (error) {
      release.remove();
      throw error;
    }
  }

  /** For programs that use npm: the local registry, and a cache that has seen nothing of ours. */
  get environment(): NodeJS.ProcessEnv {
    const { COTERIE_RUN_DIR: _, ...rest } = process.env;
    // What an npm above this process has set would count more than the file.
    const environment = Object.fromEntries(
      Object.entries(rest).filter(([name]) => !/^npm_(config|package|lifecycle)_/i.test(name)),
    );
    return { ...environment, NPM_CONFIG_USERCONFIG: join(this.folder, 'npmrc') };
  }

  /** What commands print when a user types them in a folder. @throws Error with that if one fails */
  async type(folder: string, commands: string): Promise<string> {
    const { stdout } = await run('bash', ['-ec', commands], { cwd: folder, env: this.environment });
    return stdout;
  }

  remove(): void {
    this.registry.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  private configureNpm(): void {
    const { url } = this.registry;
    const lines = [
      `registry=${url}`,
      `${url.replace('http:', '')}:_authToken=anybody`,
      `cache=${join(this.folder, 'cache')}`,
      ...['audit=false', 'fund=false', 'update-notifier=false'],
    ];
    writeFileSync(join(this.folder, 'npmrc'), `${lines.join('\n')}\n`);
  }

  /** From a clean clone, as lerna wants it: this one may have changes. */
  private async publishAll(): Promise<void> {
    const clone = join(this.folder, 'clone');
    for (const path of RELEASED) {
      cpSync(join(ROOT, path), join(clone, path), {
        recursive: true,
        filter: (source) => !/\/(node_modules|dist-test|build)$/.test(source),
      });
    }
    symlinkSync(join(ROOT, 'node_modules'), join(clone, 'node_modules'));
    const identity = ['-c', 'user.name=test', '-c', 'user.email=test@localhost'];
    for (const args of [
      ['init', '-q', '-b', 'main'],
      ['add', '-A'],
      [...identity, 'commit', '-qm', 'Release'],
    ])
      execFileSync('git', args, { cwd: clone });
    const lerna = join(ROOT, 'node_modules/.bin/lerna');
    await run(
      lerna,
      ['publish', 'from-package', '--yes', '--registry', this.registry.url, '--no-verify-access'],
      {
        cwd: clone,
        env: { ...this.environment, NX_DAEMON: 'false', CI: 'true' },
        maxBuffer: 1 << 26,
      },
    );
  }
}

function npmConfig(key: string): string {
  return execFileSync('npm', ['config', 'get', key], {
    cwd: ROOT,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
}
