import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type { LoadedPlugin, SectionSchema } from '@coterie/core';
import { plugin as confdb } from '@coterie/engine-confdb';
import { plugin as cpg } from '@coterie/engine-cpg';
import { plugin as quorum } from '@coterie/engine-quorum';
import { engineIdentity, type Plugin } from '@coterie/sdk';

/** A plugin that the nodes of a simulated cluster run. */
export interface SimulatedPlugin {
  /** Name of its section of the configuration and of its counters. */
  readonly name: string;
  readonly plugin: Plugin;
  /** Of its section; left out if it has none. */
  readonly schema?: SectionSchema;
  /** The versions of their messages that its engines speak, as in a manifest; 1 unless told. */
  readonly wire?: { readonly min: number; readonly max: number };
}

/** The engines that every cluster of this project has. */
export const classicPlugins: readonly SimulatedPlugin[] = [
  { name: 'cpg', plugin: cpg },
  { name: 'confdb', plugin: confdb },
  { name: 'quorum', plugin: quorum, schema: schemaOf('@coterie/engine-quorum') },
];

/** As the executive gets it from packages that have passed their checks. */
export function loaded({
  name,
  plugin,
  wire = { min: 1, max: 1 },
}: Omit<SimulatedPlugin, 'schema'>): LoadedPlugin {
  const services = plugin.engines.map((type) => {
    const identity = engineIdentity(type);
    if (identity === undefined) throw new TypeError(`${type.name} has no @ServiceEngine`);
    return { name: identity.name, number: identity.service, wire };
  });
  const lists = {
    services,
    transports: Object.keys(plugin.transports),
    provides: [],
    requires: [],
    optional: [],
  };
  const manifest = {
    manifest: 1,
    kind: 'engine',
    name,
    entry: '',
    sdk: '*',
    config: undefined,
    ...lists,
  } as const;
  return { manifest, packageName: name, version: '0.0.0', plugin };
}

function schemaOf(packageName: string): SectionSchema {
  const manifest = createRequire(import.meta.url).resolve(`${packageName}/package.json`);
  return JSON.parse(readFileSync(join(dirname(manifest), 'config.schema.json'), 'utf8')) as SectionSchema;
}
