import assert from 'node:assert/strict';
import { readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  findPackage,
  loadPlugins,
  planPlugins,
  type LoadedPlugin,
  type PackageFiles,
  type PluginPackage,
} from '@coterie/core';
import type { SimulatedPlugin } from '../simulation/plugins.js';

/** The folder that a daemon's project would be; nothing of it is on the disk. */
const PROJECT = '/project';
/** Engines that every simulated cluster has: a plugin may require them, and may not take what is theirs. */
const CLASSIC = ['@coterie/engine-confdb', '@coterie/engine-cpg', '@coterie/engine-quorum'];

/** What a plugin's folder holds, after all checks that a daemon makes. */
export interface PackageUnderTest {
  readonly found: PluginPackage;
  readonly loaded: LoadedPlugin;
}

/**
 * Reads and imports the plugin in `folder` as a daemon would that has it and the classic engines installed.
 * @throws AssertionError with all that a daemon would refuse
 */
export async function packageUnderTest(folder: string | URL): Promise<PackageUnderTest> {
  const directory = realpathSync(typeof folder === 'string' ? folder : fileURLToPath(folder));
  const { name } = JSON.parse(readFileSync(join(directory, 'package.json'), 'utf8')) as { name: string };
  const plan = planPlugins(PROJECT, sdkOf(directory), installedWith(name, directory));
  const errors = plan.problems.filter(({ severity }) => severity === 'error');
  assert.deepEqual(
    errors.map(({ code, message }) => `${message} [${code}]`),
    [],
    'a daemon refuses the package',
  );
  const found = plan.found.find(({ packageName }) => packageName === name);
  assert.ok(found, `${join(directory, 'package.json')} has no "coterie" key`);
  const { plugins, problems } = await loadPlugins([found], {
    importModule: (path) => import(pathToFileURL(path).href),
    // Whoever runs the demand has a limit of time of its own.
    timers: { timer: () => ({ start: () => undefined, stop: () => undefined, running: false }) },
    clock: { now: () => 0, wall: () => 0 },
  });
  const [loaded] = plugins;
  assert.deepEqual(
    problems.map(({ code, message }) => `${message} [${code}]`),
    [],
    'its code is not what its manifest says',
  );
  assert.ok(loaded);
  return { found, loaded };
}

/** The plugin in `folder` for the nodes of a simulated cluster. @throws AssertionError with all that a daemon would refuse */
export async function pluginIn(folder: string | URL): Promise<SimulatedPlugin> {
  const { found, loaded } = await packageUnderTest(folder);
  const { name, services } = found.manifest;
  const [{ wire } = { wire: undefined }] = services;
  return {
    ...{ name, plugin: loaded.plugin },
    ...(wire === undefined ? {} : { wire }),
    ...(found.schema === undefined ? {} : { schema: found.schema }),
  };
}

/** The copy of the SDK that the plugin itself uses: a daemon would share it. */
function sdkOf(directory: string): { version: string; directory: string } {
  const sdk = findPackage('@coterie/sdk', directory, disk);
  assert.ok(sdk, `@coterie/sdk is not installed for ${directory}`);
  const { version } = JSON.parse(readFileSync(join(sdk, 'package.json'), 'utf8')) as { version: string };
  return { version, directory: sdk };
}

const disk: PackageFiles = {
  readFile: (path) => attempt(() => readFileSync(path, 'utf8')),
  realpath: (path) => attempt(() => realpathSync(path)),
};

/** A project that has these packages as its dependencies. */
function installedWith(name: string, directory: string): PackageFiles {
  const { resolve } = createRequire(import.meta.url);
  const folders = new Map(CLASSIC.map((each) => [each, dirname(resolve(`${each}/package.json`))]));
  folders.set(name, directory);
  const dependencies = Object.fromEntries([...folders.keys()].map((each) => [each, '*']));
  const real = (path: string): string => {
    for (const [each, folder] of folders) {
      const link = join(PROJECT, 'node_modules', each);
      if (path === link || path.startsWith(`${link}/`)) return folder + path.slice(link.length);
    }
    return path;
  };
  return {
    readFile: (path) =>
      path === join(PROJECT, 'package.json') ? JSON.stringify({ dependencies }) : disk.readFile(real(path)),
    realpath: (path) => disk.realpath(real(path)),
  };
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
