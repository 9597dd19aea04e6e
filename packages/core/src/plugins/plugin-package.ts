import type { ErrorCode, Plugin } from '@coterie/sdk';
import type { SectionSchema } from '../config/configuration.js';

/** The `coterie` key of a plugin's package.json, checked; lists are empty where it names none. */
export interface PluginManifest {
  readonly kind: 'engine' | 'transport' | 'ipc';
  readonly name: string;
  /** Module that exports `plugin`, relative to the package. */
  readonly entry: string;
  /** Versions of the SDK that it works with. */
  readonly sdk: string;
  readonly services: readonly { readonly name: string; readonly number: number }[];
  readonly transports: readonly string[];
  /** Capabilities like `cpg@1`. */
  readonly provides: readonly string[];
  readonly requires: readonly string[];
  readonly optional: readonly string[];
  /** File with the schema of its section, relative to the package. */
  readonly config: string | undefined;
}

/** An installed package with a manifest. Nothing of it has run. */
export interface PluginPackage {
  readonly manifest: PluginManifest;
  readonly packageName: string;
  readonly version: string;
  /** Absolute, symlinks resolved. */
  readonly directory: string;
  /** Absolute path of the module to import. */
  readonly entry: string;
  /** Of its section of corosync.conf; undefined if it has none. */
  readonly schema: SectionSchema | undefined;
}

/** What is wrong with a plugin. */
export interface PluginProblem {
  readonly code: ErrorCode;
  readonly severity: 'error' | 'warning';
  /** npm package name; undefined: the daemon's project itself. */
  readonly packageName: string | undefined;
  readonly message: string;
}

/** A plugin whose entry was imported and agrees with its manifest. */
export interface LoadedPlugin {
  readonly manifest: PluginManifest;
  readonly packageName: string;
  readonly version: string;
  readonly plugin: Plugin;
}

/** Reads what is installed, so that tests have no disk. */
export interface PackageFiles {
  /** The text of a file; undefined if there is none. */
  readFile(path: string): string | undefined;
  /** The path with all symlinks resolved; undefined if there is nothing. */
  realpath(path: string): string | undefined;
}
