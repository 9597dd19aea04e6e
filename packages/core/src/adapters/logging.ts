import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { inspect } from 'node:util';
import pino from 'pino';
import { CoterieError, type Logger } from '@coterie/sdk';
import type { LoggingSettings, LogLevel, SubsystemLogging } from '../config/configuration.js';
import type { Logs } from '../observe/logs.js';

/** pino's numbers, with syslog's levels between and above them. */
const LEVELS: Readonly<Record<LogLevel, number>> = {
  trace: 10,
  debug: 20,
  info: 30,
  notice: 35,
  warning: 40,
  error: 50,
  crit: 60,
  alert: 61,
  emerg: 62,
};

/** Name and syslog priority of what is logged. */
const NAMES: Readonly<Record<number, { name: string; priority: number }>> = {
  10: { name: 'trace', priority: 7 },
  20: { name: 'debug', priority: 7 },
  30: { name: 'info', priority: 6 },
  40: { name: 'warning', priority: 4 },
  50: { name: 'error', priority: 3 },
};

const METADATA = Symbol.for('pino.metadata');

/** What pino tells a stream that asks with {@link METADATA}, so that no line is parsed again. */
interface Destination extends pino.DestinationStream {
  lastLevel?: number;
  lastMsg?: string;
  lastObj?: Record<string, unknown> | null;
}

interface Sink {
  readonly level: (subsystem: SubsystemLogging) => LogLevel;
  write(text: string, priority: number): void;
}

/** Where lines go, as one `logging` section has it. */
class Output {
  readonly sinks: Sink[] = [];
  private readonly syslog: Writable | undefined;
  private readonly file: ReturnType<typeof pino.destination> | undefined;

  /** @throws CoterieError COTERIE_E_LOG_FILE */
  constructor(
    readonly settings: LoggingSettings,
    foreground: boolean,
  ) {
    if (settings.toStderr && foreground) {
      this.sinks.push({
        level: ({ level }) => level,
        write: (text) => void process.stderr.write(`${text}\n`),
      });
    }
    if (settings.toLogfile && settings.logfile !== undefined) {
      const file = openFile(settings.logfile);
      file.on('error', (error: Error) =>
        this.warnOnStderr(`the log file cannot be written: ${error.message}`),
      );
      this.file = file;
      this.sinks.push({
        level: ({ logfileLevel }) => logfileLevel,
        write: (text) => void file.write(`${text}\n`),
      });
    }
    if (settings.toSyslog) this.syslog = this.openSyslog();
  }

  logger(tag: string): pino.Logger {
    const thresholds = this.settings.subsystems.get(tag) ?? this.settings;
    const streams = this.sinks.map((sink) => ({
      level: LEVELS[sink.level(thresholds)],
      stream: this.destination(tag, sink),
    }));
    const lowest = Math.min(...streams.map(({ level }) => level));
    return pino(
      { base: null, timestamp: false, level: levelName(lowest) },
      pino.multistream(streams as unknown as pino.StreamEntry[]),
    );
  }

  close(): void {
    this.file?.flushSync();
    this.file?.end();
    this.syslog?.end();
  }

  private destination(tag: string, sink: Sink): Destination {
    const head = `[${tag.padEnd(6)}]`;
    const timestamp = this.settings.timestamp;
    const destination: Destination & { [METADATA]: true } = {
      [METADATA]: true,
      write() {
        const { name, priority } = NAMES[this.lastLevel ?? 30] ?? { name: 'info', priority: 6 };
        const text = `${stamp(timestamp)}${name.padEnd(7)} ${head} ${this.lastMsg ?? ''}${fields(this.lastObj)}`;
        sink.write(printable(text), priority);
      },
    };
    return destination;
  }

  /** The system log listens on a datagram socket, which Node cannot open: `logger` passes the lines on. */
  private openSyslog(): Writable | undefined {
    if (!existsSync('/dev/log')) {
      this.warnOnStderr('to_syslog is on, but there is no /dev/log: nothing goes to the system log');
      return undefined;
    }
    const priority = `${this.settings.syslogFacility}.info`;
    const child = spawn('logger', ['--tag', 'coteried', '--priority', priority, '--prio-prefix'], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    child.on('error', (error) => this.warnOnStderr(`nothing goes to the system log: ${error.message}`));
    child.stdin.on('error', () => undefined);
    child.unref();
    (child.stdin as Writable & { unref?: () => void }).unref?.();
    this.sinks.push({
      level: ({ syslogLevel }) => syslogLevel,
      write: (text, level) => {
        // A system log that has stopped reading must not take the daemon's memory.
        if (child.stdin.writable && child.stdin.writableLength < 1024 * 1024)
          child.stdin.write(`<${level}>${text}\n`);
      },
    });
    return child.stdin;
  }

  private warnOnStderr(message: string): void {
    if (this.settings.toStderr)
      process.stderr.write(`${stamp(this.settings.timestamp)}warning [MAIN  ] ${message}\n`);
  }
}

/** Lines as corosync writes them, where the `logging` section sends them. */
export class Logging {
  private output: Output;
  /** By subsystem: loggers that were handed out write to the present output. */
  private readonly subsystems = new Map<string, Subsystem>();

  /** @param foreground whether anybody sees standard error. @throws CoterieError COTERIE_E_LOG_FILE */
  constructor(
    settings: LoggingSettings,
    private readonly foreground: boolean,
  ) {
    // Whoever read it may be gone, and disks fill up: neither is a reason to leave a ring.
    process.stderr.on('error', () => undefined);
    this.output = new Output(settings, foreground);
  }

  readonly logs: Logs = (subsystem) => {
    const tag = subsystem.toUpperCase();
    const known = this.subsystems.get(tag);
    if (known !== undefined) return adapt(known);
    const added = { pino: this.output.logger(tag) };
    this.subsystems.set(tag, added);
    return adapt(added);
  };

  /**
   * From here on lines go where these settings send them. Files are opened anew: one may have been moved away
   * (logrotate; cfg's reopen request).
   * @throws CoterieError COTERIE_E_LOG_FILE: all stays as it was.
   */
  open(settings = this.output.settings): void {
    const before = this.output;
    this.output = new Output(settings, this.foreground);
    for (const [tag, subsystem] of this.subsystems) subsystem.pino = this.output.logger(tag);
    before.close();
  }

  close(): void {
    this.output.close();
  }
}

/** What writes the lines of one subsystem now. */
interface Subsystem {
  pino: pino.Logger;
}

function openFile(path: string): ReturnType<typeof pino.destination> {
  try {
    return pino.destination({ dest: path, append: true, mkdir: true, sync: true });
  } catch (cause) {
    const message = `cannot open the log file ${path}: ${(cause as Error).message}`;
    throw new CoterieError('COTERIE_E_LOG_FILE', message, { cause });
  }
}

function levelName(threshold: number): pino.LevelWithSilent {
  if (threshold <= 10) return 'trace';
  if (threshold <= 20) return 'debug';
  if (threshold <= 30) return 'info';
  if (threshold <= 40) return 'warn';
  return threshold <= 50 ? 'error' : 'silent';
}

function adapt(subsystem: Subsystem): Logger {
  const at =
    (level: 'error' | 'warn' | 'info' | 'debug' | 'trace') =>
    (message: string, fields?: Record<string, unknown>): void =>
      fields === undefined ? subsystem.pino[level](message) : subsystem.pino[level](fields, message);
  return {
    error: at('error'),
    warn: at('warn'),
    info: at('info'),
    debug: at('debug'),
    trace: at('trace'),
    enabled: (level) => subsystem.pino.isLevelEnabled(level),
  };
}

function stamp(kind: LoggingSettings['timestamp']): string {
  if (kind === 'off') return '';
  const now = new Date();
  const month = now.toLocaleString('en-US', { month: 'short' });
  const two = (n: number) => String(n).padStart(2, '0');
  const time = `${two(now.getHours())}:${two(now.getMinutes())}:${two(now.getSeconds())}`;
  const fraction = kind === 'hires' ? `.${String(now.getMilliseconds()).padStart(3, '0')}` : '';
  return `${month} ${two(now.getDate())} ${time}${fraction} `;
}

function fields(object: Record<string, unknown> | null | undefined): string {
  return Object.entries(object ?? {})
    .map(
      ([key, value]) =>
        ` ${key}=${typeof value === 'string' ? value : inspect(value, { breakLength: Infinity })}`,
    )
    .join('');
}

/** A line stays one line, whatever a peer or client put into it. */
function printable(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f]/g, (character) =>
    character === '\n' ? '\\n' : `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}
