import type { ErrorCode, Plugin } from '@coterie/sdk';
import type { Manifest } from '@coterie/sdk/manifest';
import type { SectionSchema } from '../config/configuration.js';

/** An installed package with a manifest. Nothing of it has run. */
export interface PluginPackage {
  readonly manifest: Manifest;
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
  readonly manifest: Manifest;
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
