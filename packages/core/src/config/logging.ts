import type { DatabaseValue } from '@coterie/sdk';
import type { LoggingSettings, LogLevel, SubsystemLogging } from './configuration.js';

type Keys = ReadonlyMap<string, DatabaseValue>;

/** Reads `logging.` of the database as logconfig.c does; the values have passed their schema. */
export function loggingSettings(keys: Keys): LoggingSettings {
  const read = (name: string): string | undefined => text(keys, `logging.${name}`);
  const general = subsystem(keys, 'logging', undefined);
  const subsystems = new Map<string, SubsystemLogging>();
  for (const key of keys.keys()) {
    const name = /^logging\.logger_subsys\.(.+)\.[a-z_]+$/.exec(key)?.[1];
    if (name === undefined || subsystems.has(name)) continue;
    subsystems.set(name, subsystem(keys, `logging.logger_subsys.${name}`, general));
  }
  return {
    ...general,
    toStderr: isOn(read('to_stderr') ?? 'yes'),
    toLogfile: isOn(read('to_logfile') ?? read('to_file') ?? 'no'),
    logfile: read('logfile'),
    toSyslog: isOn(read('to_syslog') ?? 'yes'),
    syslogFacility: read('syslog_facility') ?? 'daemon',
    timestamp: (read('timestamp') ?? 'hires') as LoggingSettings['timestamp'],
    subsystems,
  };
}

function subsystem(keys: Keys, path: string, general: SubsystemLogging | undefined): SubsystemLogging {
  const debug = text(keys, `${path}.debug`);
  const most: LogLevel | undefined = debug === 'trace' ? 'trace' : debug === 'on' ? 'debug' : undefined;
  const level = (name: string, fallback: LogLevel | undefined): LogLevel =>
    most ?? normal(text(keys, `${path}.${name}`)) ?? fallback ?? 'info';
  return {
    // A subsystem without "debug" is not debugged, whatever the general setting says.
    level: most ?? 'info',
    logfileLevel: level('logfile_priority', general?.logfileLevel),
    syslogLevel: level(
      keys.has(`${path}.syslog_priority`) ? 'syslog_priority' : 'syslog_level',
      general?.syslogLevel,
    ),
  };
}

function normal(level: string | undefined): LogLevel | undefined {
  return level === 'err' ? 'error' : (level as LogLevel | undefined);
}

function isOn(text: string): boolean {
  return text === 'yes' || text === 'on';
}

function text(keys: Keys, key: string): string | undefined {
  const found = keys.get(key)?.value;
  return typeof found === 'string' ? found : undefined;
}
