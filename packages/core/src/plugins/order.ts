import type { PluginPackage, PluginProblem } from './plugin-package.js';

/** The plugins, each behind those whose capabilities it requires; where the choice is free, by name. */
export function orderPlugins(plugins: readonly PluginPackage[]): {
  order: readonly PluginPackage[];
  problems: readonly PluginProblem[];
} {
  const byName = plugins.toSorted((a, b) => compare(a.manifest.name, b.manifest.name));
  const providers = new Map(
    byName.flatMap((plugin) => plugin.manifest.provides.map((capability) => [capability, plugin] as const)),
  );
  const problems = byName.flatMap((plugin) => missing(plugin, [...providers.keys()]));
  const needs = new Map(byName.map((plugin) => [plugin, providersOf(plugin, providers)]));
  const order: PluginPackage[] = [];
  const waiting = [...byName];
  while (waiting.length > 0) {
    const ready = waiting.findIndex((plugin) => needs.get(plugin)?.every((need) => order.includes(need)));
    if (ready < 0) return { order: [], problems: [...problems, cycle(waiting, needs)] };
    order.push(...waiting.splice(ready, 1));
  }
  return { order: problems.length > 0 ? [] : order, problems };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function providersOf(
  plugin: PluginPackage,
  providers: ReadonlyMap<string, PluginPackage>,
): readonly PluginPackage[] {
  const { requires, optional } = plugin.manifest;
  return [...requires, ...optional]
    .map((capability) => providers.get(capability))
    .filter((provider): provider is PluginPackage => provider !== undefined && provider !== plugin);
}

function missing(plugin: PluginPackage, provided: readonly string[]): PluginProblem[] {
  return plugin.manifest.requires
    .filter((capability) => !provided.includes(capability))
    .map((capability) => {
      const [name] = capability.split('@');
      const other = provided.filter((candidate) => candidate.split('@')[0] === name);
      const instead = other.length > 0 ? `; there is only ${other.join(', ')}` : '';
      return {
        code: 'COTERIE_E_PLUGIN_REQUIRES',
        severity: 'error',
        packageName: plugin.packageName,
        message: `${plugin.packageName}: it requires ${capability}, which no installed plugin provides${instead}.`,
      };
    });
}

/** Follows needs among plugins that all wait for another until one comes twice. */
function cycle(
  waiting: readonly PluginPackage[],
  needs: ReadonlyMap<PluginPackage, readonly PluginPackage[]>,
): PluginProblem {
  const path: PluginPackage[] = [];
  let here = waiting[0] as PluginPackage;
  while (!path.includes(here)) {
    path.push(here);
    here = needs.get(here)?.find((need) => waiting.includes(need)) as PluginPackage;
  }
  const names = [...path.slice(path.indexOf(here)), here].map(({ manifest }) => manifest.name);
  return {
    code: 'COTERIE_E_PLUGIN_CYCLE',
    severity: 'error',
    packageName: here.packageName,
    message: `plugins require each other: ${names.join(' -> ')}.`,
  };
}
