import { errors, value, type DatabaseValue } from '@coterie/sdk';
import type { Manifest } from '@coterie/sdk/manifest';
import type { PluginPlan } from './plan.js';
import type { PluginProblem } from './plugin-package.js';

/** A problem with what to do about it. */
export interface ReportedProblem extends PluginProblem {
  readonly remedy: string;
}

export interface ReportedPlugin {
  readonly name: string;
  readonly kind: Manifest['kind'];
  readonly packageName: string;
  readonly version: string;
  readonly directory: string;
  readonly services: Manifest['services'];
  readonly transports: readonly string[];
  readonly provides: readonly string[];
  readonly requires: readonly string[];
  /** Has it a section of its name in corosync.conf? */
  readonly configured: boolean;
  /** Place in the order of start, from 1; undefined: it does not start. */
  readonly order: number | undefined;
  /** Milliseconds that its import took; undefined: not imported. */
  readonly importTime: number | undefined;
  readonly problems: readonly ReportedProblem[];
}

/** What was found, what starts when, and what was refused why: the data of `coterie plugins`. */
export interface PluginReport {
  readonly plugins: readonly ReportedPlugin[];
  /** Problems of packages whose manifest could not be read, and of the project. */
  readonly problems: readonly ReportedProblem[];
}

/**
 * @param later problems found when the plugins were imported
 * @param importTimes milliseconds, by package name
 */
export function reportPlugins(
  plan: PluginPlan,
  later: readonly PluginProblem[] = [],
  importTimes: ReadonlyMap<string, number> = new Map(),
): PluginReport {
  const problems = [...plan.problems, ...later].map((problem) => ({
    ...problem,
    remedy: errors[problem.code].remedy,
  }));
  const plugins = plan.found.map((found) => {
    const { name, kind, services, transports, provides, requires } = found.manifest;
    const { packageName, version, directory } = found;
    const position = plan.order.indexOf(found);
    return {
      ...{ name, kind, packageName, version, directory, services, transports, provides, requires },
      configured: found.schema !== undefined,
      order: position < 0 ? undefined : position + 1,
      importTime: importTimes.get(packageName),
      problems: problems.filter((problem) => problem.packageName === packageName),
    };
  });
  const known = new Set<string | undefined>(plugins.map(({ packageName }) => packageName));
  return { plugins, problems: problems.filter(({ packageName }) => !known.has(packageName)) };
}

/** The report under `runtime.plugins.<name>.`. */
export function reportKeys({ plugins }: PluginReport): Map<string, DatabaseValue> {
  const keys = new Map<string, DatabaseValue>();
  for (const plugin of plugins) {
    const set = (key: string, held: DatabaseValue): unknown =>
      keys.set(`runtime.plugins.${plugin.name}.${key}`, held);
    set('package', value.string(plugin.packageName));
    set('version', value.string(plugin.version));
    set('directory', value.string(plugin.directory));
    set('kind', value.string(plugin.kind));
    set('provides', value.string(plugin.provides.join(' ')));
    set('requires', value.string(plugin.requires.join(' ')));
    if (plugin.configured) set('section', value.string(plugin.name));
    if (plugin.order !== undefined) set('order', value.u32(plugin.order));
    if (plugin.importTime !== undefined) set('import_time_ms', value.u32(Math.round(plugin.importTime)));
    if (plugin.problems.length > 0) {
      set('problems', value.string(plugin.problems.map(({ code }) => code).join(' ')));
    }
  }
  return keys;
}
