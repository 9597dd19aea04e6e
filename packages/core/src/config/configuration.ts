import type { ConfiguredNode, DatabaseValue, TotemTransportSettings } from '@coterie/sdk';
import type { TotemSettings } from '@coterie/totem';

/** A node of the nodelist. */
export interface NodeSettings extends ConfiguredNode {
  /** `ring0_port`: 0 when the transport's own port applies. */
  readonly port: number;
}

export type LogLevel =
  'trace' | 'debug' | 'info' | 'notice' | 'warning' | 'error' | 'crit' | 'alert' | 'emerg';

export interface SubsystemLogging {
  readonly level: LogLevel;
  readonly logfileLevel: LogLevel;
  readonly syslogLevel: LogLevel;
}

export interface LoggingSettings extends SubsystemLogging {
  readonly toStderr: boolean;
  readonly toLogfile: boolean;
  readonly logfile: string | undefined;
  readonly toSyslog: boolean;
  readonly syslogFacility: string;
  readonly timestamp: 'off' | 'on' | 'hires';
  readonly subsystems: ReadonlyMap<string, SubsystemLogging>;
}

export interface SystemSettings {
  readonly stateDir: string | undefined;
  /** How the libqb front-end talks to clients; `native` and `shm` are the same. */
  readonly ipcType: 'native' | 'shm' | 'socket';
}

/** Everything corosync.conf says, checked and with defaults filled in. */
export interface Configuration {
  readonly file: string;
  readonly clusterName: string;
  /** Name of the transport plugin's entry (`udp`, `udpu`, ...). */
  readonly transport: string;
  readonly totem: TotemSettings;
  readonly transportSettings: TotemTransportSettings;
  readonly nodes: readonly NodeSettings[];
  readonly local: NodeSettings;
  readonly logging: LoggingSettings;
  readonly system: SystemSettings;
  /** `totem.config_version`; 0 if the file has none. */
  readonly configVersion: bigint;
  /** The section of a plugin, after its schema filled in defaults; `{}` if the file has none. */
  section(name: string): Record<string, unknown>;
  /** What the database starts with: every key of the file, and the derived ones (`runtime.config.*`, `uidgid.config.*`). */
  readonly keys: ReadonlyMap<string, DatabaseValue>;
}

/** One thing wrong with a file; all of them are reported together. */
export interface Problem {
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly file: string;
  /** From 1; 0 when no line is at fault. */
  readonly line: number;
  readonly message: string;
}

/** What is known of the machine, to find the node that the daemon is. */
export interface Host {
  /** As uname(2) gives it. */
  readonly hostname: string;
  /** Addresses of all interfaces, without prefix length and zone. */
  readonly addresses: readonly string[];
  /** Addresses of the names that {@link hostNames} lists, as far as they could be resolved. */
  readonly resolved?: ReadonlyMap<string, readonly string[]>;
  /** Numbers of user and group names in `uidgid` sections; undefined: no such name. */
  user?(name: string): number | undefined;
  group?(name: string): number | undefined;
}

/** A file as it was read: decoded as UTF-8. */
export interface SourceFile {
  readonly file: string;
  readonly text: string;
}

/** A plugin's JSON Schema (draft 2020-12) for its section; schema.ts says what it may contain beyond the standard. */
export type SectionSchema = Readonly<Record<string, unknown>>;

export interface LoadInput extends SourceFile {
  /** The files of `uidgid.d` beside the configuration. */
  readonly uidgidFiles?: readonly SourceFile[];
  /** Which node of the nodelist this daemon is, by id or name, where the host does not tell (`--node`). */
  readonly node?: string;
  readonly host: Host;
  /** By section name, which is the plugin's name. */
  readonly pluginSchemas: ReadonlyMap<string, SectionSchema>;
  /** Names that `totem.transport` may have. */
  readonly transports: readonly string[];
}

export interface Loaded {
  /** Absent if one of the problems is an error. */
  readonly configuration?: Configuration;
  readonly problems: readonly Problem[];
}
