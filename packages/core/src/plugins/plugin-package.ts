import type { Injectable, Plugin, Token } from '@coterie/sdk';
import type { SectionSchema } from '../config/configuration.js';

/** The `coterie` key of a plugin's package.json, checked. */
export interface PluginManifest {
  readonly manifest: 1;
  readonly kind: 'engine' | 'transport' | 'ipc';
  readonly name: string;
  readonly entry: string;
  readonly sdk: string;
  readonly services: readonly { readonly name: string; readonly number: number }[];
  readonly transports: readonly string[];
  readonly provides: readonly string[];
  readonly requires: readonly string[];
  readonly optional: readonly string[];
}

/** An installed plugin whose static checks have passed; nothing of it has run. */
export interface PluginPackage {
  readonly manifest: PluginManifest;
  /** npm package name, version and folder (symlinks resolved). */
  readonly packageName: string;
  readonly version: string;
  readonly directory: string;
  /** Absolute path of the module to import. */
  readonly entry: string;
  readonly schema: SectionSchema | undefined;
}

/** What is wrong with a plugin; the code is in the SDK's table. */
export interface PluginProblem {
  readonly code: string;
  readonly severity: 'error' | 'warning';
  /** npm package name; undefined: the daemon project itself. */
  readonly packageName: string | undefined;
  readonly message: string;
}

/** Plugins in the order in which they start, each after what it requires. */
export interface PluginPlan {
  /** Empty if one of the problems is an error. */
  readonly order: readonly PluginPackage[];
  readonly problems: readonly PluginProblem[];
}

/** A plugin whose entry was imported and agrees with its manifest. */
export interface LoadedPlugin {
  readonly manifest: PluginManifest;
  readonly packageName: string;
  readonly version: string;
  readonly plugin: Plugin;
}

/** Values for tokens: the ports that the executive gives to a plugin or an engine. */
export type Ports = ReadonlyMap<Token<unknown>, unknown>;

/** A plugin's own container: what it provides for itself, and the ports the executive gave it. */
export interface PluginContainer {
  /**
   * Builds `type` from the tokens its constructor names: looked for in `ports` (of this object alone), then in the
   * plugin's container, then in the daemon's. @throws CoterieError COTERIE_E_INJECT_*
   */
  construct<T>(type: Injectable<T>, ports: Ports): T;
}

/** All plugins' containers, on a root of their own. Open them in the order of the plan. */
export interface PluginContainers {
  /** `ports`: for what the plugin provides and all that it constructs. */
  open(plugin: LoadedPlugin, ports: Ports): PluginContainer;
}

/** `createContainers` of container.ts. `ports`: the daemon's own, for every plugin. */
export type CreateContainers = (ports: Ports) => PluginContainers;
