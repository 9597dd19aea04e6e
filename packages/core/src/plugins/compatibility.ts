import semver from 'semver';
import { FIRST_FOREIGN_SERVICE, FIRST_FREE_SERVICE } from '../routing/services.js';
import { findPackage, packageVersion } from './discover.js';
import type { PackageFiles, PluginPackage, PluginProblem } from './plugin-package.js';

/** The SDK that the daemon itself uses. */
export interface HostSdk {
  readonly version: string;
  /** Absolute, symlinks resolved. */
  readonly directory: string;
}

/** What the manifests of plugins say that does not go with this daemon or with each other. */
export function checkCompatibility(
  plugins: readonly PluginPackage[],
  sdk: HostSdk,
  files: PackageFiles,
): PluginProblem[] {
  return [
    ...plugins.flatMap((plugin) => [
      ...checkRange(plugin, sdk),
      ...checkCopy(plugin, sdk, files),
      ...checkReserved(plugin),
    ]),
    ...checkDuplicates(plugins),
  ];
}

function problem(
  code: PluginProblem['code'],
  { packageName }: PluginPackage,
  message: string,
  severity: PluginProblem['severity'] = 'error',
): PluginProblem {
  return { code, severity, packageName, message: `${packageName}: ${message}` };
}

function checkRange(plugin: PluginPackage, sdk: HostSdk): PluginProblem[] {
  const range = plugin.manifest.sdk;
  // A prerelease of the SDK satisfies the ranges that its release will satisfy.
  const includePrerelease = semver.prerelease(sdk.version) !== null;
  if (semver.satisfies(sdk.version, range, { includePrerelease })) return [];
  const message = `it works with SDK ${range}, but this daemon has SDK ${sdk.version}.`;
  return [problem('COTERIE_E_PLUGIN_SDK_VERSION', plugin, message)];
}

/** A plugin that resolves to another copy of the SDK: harmless within one line of versions, else not. */
function checkCopy(plugin: PluginPackage, sdk: HostSdk, files: PackageFiles): PluginProblem[] {
  const copy = findPackage('@coterie/sdk', plugin.directory, files);
  if (copy === undefined || copy === sdk.directory) return [];
  const version = packageVersion(copy, files) ?? 'of unknown version';
  const both = `it uses the SDK ${version} in ${copy}, the daemon uses ${sdk.version} in ${sdk.directory}`;
  const remedy =
    'npm link and npm install of a folder do that: use npm install --install-links, or npm pack and install';
  return sameLine(version, sdk.version)
    ? [problem('COTERIE_W_SDK_DUPLICATE', plugin, `${both}; ${remedy}.`, 'warning')]
    : [problem('COTERIE_E_SDK_DUPLICATE', plugin, `${both}; ${remedy}.`)];
}

/** Same major version, or before 1.0 same minor version. */
function sameLine(a: string, b: string): boolean {
  const [left, right] = [semver.parse(a), semver.parse(b)];
  if (left === null || right === null || left.major !== right.major) return false;
  return left.major > 0 || left.minor === right.minor;
}

/** Numbers from 64 to 1023 are for engines of this project, so that new ones never take a third party's. */
function checkReserved(plugin: PluginPackage): PluginProblem[] {
  if (plugin.packageName.startsWith('@coterie/')) return [];
  return plugin.manifest.services
    .filter(({ number }) => number >= FIRST_FOREIGN_SERVICE && number < FIRST_FREE_SERVICE)
    .map(({ number }) => {
      const message = `service number ${number} is reserved for Coterie's own engines: take one from ${FIRST_FREE_SERVICE} on.`;
      return problem('COTERIE_E_PLUGIN_RESERVED', plugin, message);
    });
}

/** Names, service numbers, transports and capabilities belong to one plugin each. */
function checkDuplicates(plugins: readonly PluginPackage[]): PluginProblem[] {
  const claims: [string, (plugin: PluginPackage) => readonly (string | number)[]][] = [
    ['the name', ({ manifest }) => [manifest.name]],
    ['service number', ({ manifest }) => manifest.services.map((service) => service.number)],
    ['the service name', ({ manifest }) => manifest.services.map((service) => service.name)],
    ['the transport', ({ manifest }) => manifest.transports],
    ['the capability', ({ manifest }) => manifest.provides],
  ];
  const problems: PluginProblem[] = [];
  for (const [what, claimed] of claims) {
    const owners = new Map<string | number, PluginPackage>();
    for (const plugin of plugins) {
      for (const claim of claimed(plugin)) {
        const owner = owners.get(claim);
        owners.set(claim, owner ?? plugin);
        if (owner === undefined) continue;
        const message = `${what} ${claim} is also that of ${owner.packageName} (${owner.directory}; this one: ${plugin.directory}).`;
        problems.push(problem('COTERIE_E_PLUGIN_DUPLICATE', plugin, message));
      }
    }
  }
  return problems;
}
