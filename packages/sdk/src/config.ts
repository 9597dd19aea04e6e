import { token } from './token.js';

/** The plugin's own section of corosync.conf, validated by the plugin's schema, defaults filled in. */
export interface Config<T = Record<string, unknown>> {
  readonly section: T;
  /** Called after a reload that changed the section. Returns the function that ends it. */
  onReload(listener: (section: T) => void): () => void;
}
export const Config = token<Config>('Config');

/** The nodelist, as configured now; `keys` of it also stand in the database under `nodelist.`. */
export interface ConfiguredNode {
  readonly nodeId: number;
  /** `name`, or undefined. */
  readonly name: string | undefined;
  readonly address: string;
  readonly votes: number;
}
export interface Nodelist {
  readonly nodes: readonly ConfiguredNode[];
  readonly local: ConfiguredNode;
  onReload(listener: () => void): () => void;
}
export const Nodelist = token<Nodelist>('Nodelist');

/** What reading corosync.conf again changes, or would change. With an error nothing does. */
export interface ReloadReport {
  /** Keys of the database that get another value, come or go; sorted. */
  readonly changed: readonly string[];
  /** What a restart of the daemon would bring into effect, and other things to know; a line each, with their codes. */
  readonly warnings: readonly string[];
  readonly errors: readonly string[];
}

/** This daemon's corosync.conf and log files: for engines that let programs ask to read them again. */
export interface ConfigurationFile {
  /** Reads the file and says what {@link reload} would do. */
  check(): Promise<ReloadReport>;
  /** Reads the file and puts it into force, unless it has an error. */
  reload(): Promise<ReloadReport>;
  /** Opens the log files by their names again: they may have been rotated. */
  reopenLogs(): void;
}
export const ConfigurationFile = token<ConfigurationFile>('ConfigurationFile');
