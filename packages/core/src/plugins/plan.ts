import { checkCompatibility, type HostSdk } from './compatibility.js';
import { discover } from './discover.js';
import { orderPlugins } from './order.js';
import type { PackageFiles, PluginPackage, PluginProblem } from './plugin-package.js';

/** What is installed, and whether and in which order it can start. */
export interface PluginPlan {
  /** Every plugin whose manifest could be read, by package name. */
  readonly found: readonly PluginPackage[];
  /** In the order in which they start; empty if one of the problems is an error. */
  readonly order: readonly PluginPackage[];
  readonly problems: readonly PluginProblem[];
}

/** All checks of the plugins of a project that need none of their code. */
export function planPlugins(project: string, sdk: HostSdk, files: PackageFiles): PluginPlan {
  const { plugins, problems: unreadable } = discover(project, files);
  const ordered = orderPlugins(plugins);
  const problems = [...unreadable, ...checkCompatibility(plugins, sdk, files), ...ordered.problems];
  const failed = problems.some(({ severity }) => severity === 'error');
  return { found: plugins, order: failed ? [] : ordered.order, problems };
}
