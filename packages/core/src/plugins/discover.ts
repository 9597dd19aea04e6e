import { dirname, isAbsolute, join, relative, resolve } from 'node:path';
import type { Manifest } from '@coterie/sdk/manifest';
import type { SectionSchema } from '../config/configuration.js';
import { compileSchema } from '../config/schema-compiler.js';
import { readManifest } from './manifest.js';
import type { PackageFiles, PluginPackage, PluginProblem } from './plugin-package.js';

export interface Discovered {
  /** Packages whose manifests, entries and schemas are in order, by package name. */
  readonly plugins: readonly PluginPackage[];
  readonly problems: readonly PluginProblem[];
}

interface PackageJson {
  readonly name?: unknown;
  readonly version?: unknown;
  readonly dependencies?: unknown;
  readonly coterie?: unknown;
}

const PACKAGE_NAME = /^(@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/i;

/**
 * The folder of the daemon's project: of the first package.json from `start` upwards that is not this
 * package's own. Undefined if there is none.
 */
export function findProject(start: string, files: PackageFiles): string | undefined {
  for (const directory of upwards(start)) {
    const text = files.readFile(join(directory, 'package.json'));
    if (text !== undefined && parse(text)?.name !== '@coterie/core') return directory;
  }
  return undefined;
}

/**
 * Finds the plugins among the project's dependencies by path, as Node finds packages: a package that hides its
 * package.json behind `exports`, or is linked, is found too. Packages without a `coterie` key are no plugins.
 */
export function discover(project: string, files: PackageFiles): Discovered {
  const problems: PluginProblem[] = [];
  const text = files.readFile(join(project, 'package.json'));
  const own = text === undefined ? undefined : parse(text);
  if (own === undefined) {
    const what = text === undefined ? 'is not there' : 'is no JSON object';
    const message = `${join(project, 'package.json')} ${what}.`;
    problems.push({ code: 'COTERIE_E_PROJECT', severity: 'error', packageName: undefined, message });
    return { plugins: [], problems };
  }
  const plugins: PluginPackage[] = [];
  for (const packageName of Object.keys(objectOrEmpty(own.dependencies)).sort()) {
    const report = (code: PluginProblem['code'], message: string): void => {
      problems.push({ code, severity: 'error', packageName, message: `${packageName}: ${message}.` });
    };
    const found = PACKAGE_NAME.test(packageName) ? findPackage(packageName, project, files) : undefined;
    if (found === undefined) {
      report(
        'COTERIE_E_PLUGIN_NOT_INSTALLED',
        `${join(project, 'package.json')} depends on it, but it is not installed`,
      );
      continue;
    }
    const plugin = readPackage(packageName, found, files, report);
    if (plugin !== undefined) plugins.push(plugin);
  }
  return { plugins, problems };
}

/** The folder of an installed package, symlinks resolved, as seen from a folder. */
export function findPackage(packageName: string, from: string, files: PackageFiles): string | undefined {
  for (const directory of upwards(from)) {
    const candidate = join(directory, 'node_modules', packageName);
    if (files.readFile(join(candidate, 'package.json')) !== undefined) return files.realpath(candidate);
  }
  return undefined;
}

/** The version that a package says it has; undefined if that cannot be read. */
export function packageVersion(directory: string, files: PackageFiles): string | undefined {
  const version = parse(files.readFile(join(directory, 'package.json')) ?? '')?.version;
  return typeof version === 'string' ? version : undefined;
}

type Report = (code: PluginProblem['code'], message: string) => void;

function readPackage(
  packageName: string,
  directory: string,
  files: PackageFiles,
  report: Report,
): PluginPackage | undefined {
  const json = parse(files.readFile(join(directory, 'package.json')) ?? '');
  if (json === undefined) {
    report('COTERIE_E_MANIFEST', `${join(directory, 'package.json')} is no JSON object`);
    return undefined;
  }
  if (json.coterie === undefined) return undefined;
  const manifest = readManifest(json.coterie, report);
  if (manifest === undefined) return undefined;
  const entry = fileInside(directory, manifest.entry, files);
  if (typeof entry !== 'string')
    report('COTERIE_E_PLUGIN_ENTRY', `its entry ${manifest.entry} ${entry.fault}`);
  const schema = readSchema(directory, manifest, files, report);
  if (typeof entry !== 'string' || schema === 'refused') return undefined;
  const version = typeof json.version === 'string' ? json.version : '0.0.0';
  return { manifest, packageName, version, directory, entry, schema };
}

function readSchema(
  directory: string,
  { config }: Manifest,
  files: PackageFiles,
  report: Report,
): SectionSchema | undefined | 'refused' {
  if (config === undefined) return undefined;
  const path = fileInside(directory, config, files);
  if (typeof path !== 'string') {
    report('COTERIE_E_PLUGIN_SCHEMA', `its configuration schema ${config} ${path.fault}`);
    return 'refused';
  }
  try {
    const schema = JSON.parse(files.readFile(path) ?? '') as SectionSchema;
    if (schema?.type !== 'object') throw new Error('it must have "type": "object"');
    compileSchema(schema);
    return schema;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    report('COTERIE_E_PLUGIN_SCHEMA', `its configuration schema ${config} cannot be used: ${why}`);
    return 'refused';
  }
}

/** The real path of a file of the package, or what is wrong with it. */
function fileInside(directory: string, path: string, files: PackageFiles): string | { fault: string } {
  const real = files.realpath(resolve(directory, path));
  if (real === undefined) return { fault: `is not there (${resolve(directory, path)})` };
  const inside = relative(directory, real);
  return inside.startsWith('..') || isAbsolute(inside)
    ? { fault: `is outside of its package (${real})` }
    : real;
}

function* upwards(start: string): Generator<string> {
  for (let directory = resolve(start); ; directory = dirname(directory)) {
    yield directory;
    if (directory === dirname(directory)) return;
  }
}

function parse(text: string): PackageJson | undefined {
  try {
    const json: unknown = JSON.parse(text);
    return typeof json === 'object' && json !== null && !Array.isArray(json) ? json : undefined;
  } catch {
    return undefined;
  }
}

function objectOrEmpty(value: unknown): object {
  return typeof value === 'object' && value !== null ? value : {};
}
