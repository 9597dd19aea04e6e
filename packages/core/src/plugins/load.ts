import {
  CoterieError,
  engineIdentity,
  type Clock,
  type Injectable,
  type Plugin,
  type Timers,
} from '@coterie/sdk';
import { parameterProblems } from './parameters.js';
import type { LoadedPlugin, PluginPackage, PluginProblem } from './plugin-package.js';
import { describeThrown } from './thrown.js';

/** How long a plugin's module, or an engine's `start`, may take, in milliseconds. */
export const START_TIMEOUT = 10_000;

export interface LoadPorts {
  /** Imports the module with this absolute path. */
  importModule(path: string): Promise<unknown>;
  readonly timers: Timers;
  readonly clock: Clock;
}

export interface LoadResult {
  /** In the order given; empty if there are problems. */
  readonly plugins: readonly LoadedPlugin[];
  readonly problems: readonly PluginProblem[];
  /** Milliseconds, by package name. */
  readonly importTimes: ReadonlyMap<string, number>;
}

/** Imports plugins that passed all static checks, one after the other, and compares each with its manifest. */
export async function loadPlugins(packages: readonly PluginPackage[], ports: LoadPorts): Promise<LoadResult> {
  const plugins: LoadedPlugin[] = [];
  const problems: PluginProblem[] = [];
  const importTimes = new Map<string, number>();
  for (const found of packages) {
    const { manifest, packageName, version, entry } = found;
    const report = (code: PluginProblem['code'], message: string): void => {
      problems.push({ code, severity: 'error', packageName, message: `${packageName}: ${message}.` });
    };
    const started = ports.clock.now();
    try {
      const module = await within(
        START_TIMEOUT,
        ports.timers,
        `importing ${entry}`,
        ports.importModule(entry),
      );
      importTimes.set(packageName, ports.clock.now() - started);
      const plugin = checkPlugin(module, found, report);
      if (plugin !== undefined) plugins.push({ manifest, packageName, version, plugin });
    } catch (error) {
      if (error instanceof CoterieError) report(error.code, error.message);
      else report('COTERIE_E_PLUGIN_IMPORT', `importing ${entry} failed: ${describeThrown(error)}`);
    }
  }
  return { plugins: problems.length > 0 ? [] : plugins, problems, importTimes };
}

/**
 * The promise, or a rejection with COTERIE_E_PLUGIN_TIMEOUT once `milliseconds` have passed.
 * @param what is being waited for: `importing /path`
 */
export function within<T>(
  milliseconds: number,
  timers: Timers,
  what: string,
  promise: Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = timers.timer(() => {
      reject(new CoterieError('COTERIE_E_PLUGIN_TIMEOUT', `${what} took longer than ${milliseconds} ms`));
    });
    timer.start(milliseconds);
    promise.then(resolve, reject).finally(() => timer.stop());
  });
}

type Report = (code: PluginProblem['code'], message: string) => void;

/** The export `plugin` of the module, if it is one and does what its manifest says. */
function checkPlugin(
  module: unknown,
  { manifest, entry }: PluginPackage,
  report: Report,
): Plugin | undefined {
  const plugin = (module as { plugin?: Partial<Plugin> } | null)?.plugin;
  if (plugin?.$type !== '@coterie/plugin') {
    report('COTERIE_E_PLUGIN_EXPORT', `${entry} does not export a "plugin" made by definePlugin`);
    return undefined;
  }
  if (plugin.version !== 1) {
    const version = JSON.stringify(plugin.version);
    report('COTERIE_E_PLUGIN_EXPORT', `its "plugin" has version ${version}; this daemon knows version 1`);
    return undefined;
  }
  const checked = plugin as Plugin;
  compareServices(checked, manifest.services, report);
  compareNames('transports', Object.keys(checked.transports), manifest.transports, report);
  const { engines, transports, frontEnds, provides } = checked;
  if (manifest.kind === 'ipc' && frontEnds.length === 0) {
    report('COTERIE_E_PLUGIN_MISMATCH', 'its kind is "ipc", but its plugin has no frontEnds');
  }
  const provided = provides.map(({ useClass }) => useClass);
  for (const type of [...engines, ...Object.values(transports), ...frontEnds, ...provided]) {
    checkParameters(type, report);
  }
  return checked;
}

function compareServices(
  { engines }: Plugin,
  services: readonly { name: string; number: number }[],
  report: Report,
): void {
  const built = engines.map((type) => {
    const identity = engineIdentity(type);
    if (identity === undefined) {
      report('COTERIE_E_PLUGIN_MISMATCH', `its engine ${type.name} has no @ServiceEngine decorator`);
      return '';
    }
    return `${identity.name}=${identity.service}`;
  });
  const named = services.map(({ name, number }) => `${name}=${number}`);
  compareNames(
    'services',
    built.filter((name) => name !== ''),
    named,
    report,
  );
}

function compareNames(
  what: string,
  built: readonly string[],
  named: readonly string[],
  report: Report,
): void {
  const [have, say] = [built.toSorted().join(', '), named.toSorted().join(', ')];
  if (have === say) return;
  report(
    'COTERIE_E_PLUGIN_MISMATCH',
    `its manifest names the ${what} ${say || '(none)'}, but its code has ${have || '(none)'}`,
  );
}

/** What a container would refuse can be said before anything is built. */
function checkParameters(type: Injectable<unknown>, report: Report): void {
  for (const { code, message } of parameterProblems(type, type.name)) report(code, message);
}
