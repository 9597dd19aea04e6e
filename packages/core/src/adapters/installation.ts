import { existsSync, readFileSync, readdirSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { CoterieError } from '@coterie/sdk';
import type { Loaded, SourceFile } from '../config/configuration.js';
import { hostNames, loadConfiguration } from '../config/load.js';
import type { HostSdk } from '../plugins/compatibility.js';
import { findProject } from '../plugins/discover.js';
import { planPlugins, type PluginPlan } from '../plugins/plan.js';
import { readHost } from './host.js';
import { packageFiles } from './package-files.js';

/** Where the daemon finds what it is made of. */
export interface Place {
  /** Path of corosync.conf. */
  readonly config: string;
  /** Folder of the daemon's project. */
  readonly project: string;
  /** `--node` */
  readonly node: string | undefined;
}

/** The project that a program belongs to: by the path it was called with, else by where that leads. */
export function projectOf(program: string): string | undefined {
  const called = resolve(program);
  return (
    findProject(dirname(called), packageFiles) ??
    findProject(dirname(packageFiles.realpath(called) ?? called), packageFiles)
  );
}

/** What is installed, before any of it has run. */
export function readPlugins({ project }: Pick<Place, 'project'>): PluginPlan {
  return planPlugins(project, hostSdk(), packageFiles);
}

/** The configuration file with all checks. @throws CoterieError COTERIE_E_CONFIG_READ */
export async function readConfiguration(place: Place, plan: PluginPlan): Promise<Loaded> {
  const source = readSource(place.config);
  const manifests = plan.found.map(({ manifest, schema }) => ({ name: manifest.name, schema, manifest }));
  return loadConfiguration({
    ...source,
    uidgidFiles: readFolder(join(dirname(place.config), 'uidgid.d')),
    ...(place.node === undefined ? {} : { node: place.node }),
    host: await readHost(hostNames(source)),
    pluginSchemas: new Map(
      manifests.flatMap(({ name, schema }) => (schema === undefined ? [] : [[name, schema]])),
    ),
    transports: manifests.flatMap(({ manifest }) => manifest.transports),
  });
}

function hostSdk(): HostSdk {
  const file = createRequire(import.meta.url).resolve('@coterie/sdk/package.json');
  const { version } = JSON.parse(readFileSync(file, 'utf8')) as { version: string };
  return { version, directory: realpathSync(dirname(file)) };
}

function readSource(file: string): SourceFile {
  try {
    return { file, text: readFileSync(file, 'utf8') };
  } catch (cause) {
    throw new CoterieError('COTERIE_E_CONFIG_READ', `cannot read ${file}: ${(cause as Error).message}`, {
      cause,
    });
  }
}

function readFolder(folder: string): SourceFile[] {
  if (!existsSync(folder)) return [];
  const files = readdirSync(folder, { withFileTypes: true }).filter((entry) => entry.isFile());
  return files.map(({ name }) => readSource(join(folder, name)));
}
