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
  readonly fileline: boolean;
  readonly functionName: boolean;
  readonly subsystems: ReadonlyMap<string, SubsystemLogging>;
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
  readonly system: { readonly stateDir: string | undefined };
  /** The section of a plugin, after its schema filled in defaults; `{}` if the file has none. */
  section(name: string): Record<string, unknown>;
  /** What the database starts with: every key of the file, and the derived `runtime.config.*`. */
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
