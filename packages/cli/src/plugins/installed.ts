import type { PluginStatus } from '../status/snapshot.js';

/** Something wrong with what is installed, and what to do about it. */
export interface Complaint {
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly remedy: string;
}

/** The plugins of a project, none of which is run: in the order in which they would start, those that cannot last. */
export async function installedPlugins(
  project: string,
): Promise<{ plugins: PluginStatus[]; problems: Complaint[] }> {
  // Most commands do without the executive, and oclif imports all of them.
  const { readPlugins, reportPlugins } = await import('@coterie/core');
  const report = reportPlugins(readPlugins({ project }));
  const plugins = report.plugins
    .toSorted((a, b) => (a.order ?? Infinity) - (b.order ?? Infinity))
    .map(
      ({
        name,
        kind,
        packageName,
        version,
        provides,
        requires,
        configured,
        directory,
        importTime,
        problems,
      }) => ({
        ...{ name, kind, packageName, version, provides, requires, directory, importTime },
        section: configured ? name : '',
        problems: problems.map(({ code }) => code),
      }),
    );
  const all = [...report.problems, ...report.plugins.flatMap(({ problems }) => problems)];
  return {
    plugins,
    problems: all.map(({ code, severity, message, remedy }) => ({ code, severity, message, remedy })),
  };
}
