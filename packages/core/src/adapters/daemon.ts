import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CoterieError } from '@coterie/sdk';
import { SOCKET_NAME } from '@coterie/sdk/client';
import type { Configuration } from '../config/configuration.js';
import { formatProblem } from '../config/problems.js';
import { Executive } from '../executive.js';
import type { Ending } from '../executive-ports.js';
import { settleNetmtu } from '../largest-datagram.js';
import { loadPlugins, type LoadResult } from '../plugins/load.js';
import type { PluginPlan } from '../plugins/plan.js';
import { reportKeys, reportPlugins } from '../plugins/report.js';
import { systemClock } from './clock.js';
import { USAGE, defaultStateDir, parseCommandLine, type CommandLine } from './command-line.js';
import { SharedFolders } from './client-files.js';
import { DaemonConfigurationFile } from './configuration-file.js';
import { processName } from './host.js';
import { runDetached, tellParent } from './detach.js';
import { ExitCode, exitCodeAfter, exitCodeOf } from './exit-codes.js';
import { FileStorage } from './file-storage.js';
import { readConfiguration, readPlugins } from './installation.js';
import { Logging } from './logging.js';
import { systemProcesses } from './processes.js';
import { systemRandom } from './random.js';
import { StoredRingId } from './ring-id-store.js';
import { systemdNotifier } from './service-manager.js';
import { SystemTimers } from './timers.js';
import { TraceFile } from './trace-file.js';
import { UnixListener } from './unix-listener.js';

const timers = new SystemTimers(systemClock);

/** The program coteried: returns its exit code. */
export async function main(args: readonly string[], program: string): Promise<number> {
  let line: CommandLine | undefined;
  try {
    line = parseCommandLine(args, program);
    if (line.action === 'help') return print(USAGE);
    if (line.action === 'version') return print(version());
    if (line.action === 'run' && !line.foreground && !line.detached) return await runDetached(program, args);
    const { configuration, plan } = await check(line);
    if (line.action === 'test') return print(`${line.config}: no errors`);
    return await new Daemon(line, configuration, plan).run();
  } catch (error) {
    await complain(describe(error), line);
    return error instanceof Refused ? error.exitCode : exitCodeOf(error);
  }
}

/** Several things are wrong; the message has a line for each. */
class Refused extends Error {
  constructor(
    readonly exitCode: ExitCode,
    problems: readonly string[],
  ) {
    super(problems.join('\n'));
  }
}

/** All that can be checked before anything of a plugin runs. @throws Refused, CoterieError */
async function check(line: CommandLine): Promise<{ configuration: Configuration; plan: PluginPlan }> {
  const plan = readPlugins(line);
  const { configuration, problems } = await readConfiguration(line, plan);
  const lines = [...plan.problems.map(formatPluginProblem), ...problems.map(formatProblem)];
  const broken = plan.problems.some(({ severity }) => severity === 'error');
  if (broken) throw new Refused(ExitCode.PLUGINS, lines);
  if (configuration === undefined) throw new Refused(ExitCode.CONFIGURATION, lines);
  if (lines.length > 0) await complain(lines.join('\n'), line);
  return { configuration, plan };
}

/** One executive on this machine, from the import of its plugins to its exit. */
class Daemon {
  private readonly logging: Logging;
  private readonly storage: FileStorage;
  private readonly trace: TraceFile | undefined;
  private readonly log;
  private signals = 0;

  constructor(
    private readonly line: CommandLine,
    private readonly configuration: Configuration,
    private readonly plan: PluginPlan,
  ) {
    this.logging = new Logging(configuration.logging, line.foreground);
    this.log = this.logging.logs('main');
    this.storage = new FileStorage(line.stateDir ?? configuration.system.stateDir ?? defaultStateDir());
    if (line.trace !== undefined)
      this.trace = new TraceFile(line.trace, configuration.local.nodeId, systemClock, this.log);
  }

  async run(): Promise<ExitCode> {
    const { logs } = this.logging;
    const { plugins, importTimes } = await this.load();
    const configuration = await settleNetmtu(this.configuration, plugins, timers);
    const file = new DaemonConfigurationFile(this.line, this.plan, configuration, this.logging);
    const executive = new Executive(configuration, plugins, {
      ...{ clock: systemClock, timers, random: systemRandom, storage: this.storage, logs },
      ...{ processes: systemProcesses, configurationFile: file, clientFiles: new SharedFolders() },
      ringIds: new StoredRingId(this.storage, this.configuration.local.nodeId, logs('totem')),
      listener: new UnixListener(join(this.line.runDir, SOCKET_NAME)),
      uid: process.getuid?.() ?? -1,
      processName,
      observer: this.trace,
    });
    for (const [key, held] of reportKeys(reportPlugins(this.plan, [], importTimes)))
      executive.database.set(key, held);
    file.attach(executive);
    this.handleSignals(executive, file);
    await executive.start();
    const pidFile = join(this.line.runDir, 'coteried.pid');
    writeFileSync(pidFile, `${process.pid}\n`);

    const supervisor = systemdNotifier(process.env, this.log);
    void executive.ready.then(async () => {
      supervisor.ready();
      await tellParent({ ready: true });
    });
    const ending = await executive.ended;
    supervisor.stopping();
    rmSync(pidFile, { force: true });
    return this.finish(ending);
  }

  private async load(): Promise<LoadResult> {
    const importModule = (path: string): Promise<unknown> => import(pathToFileURL(path).href);
    const loaded = await loadPlugins(this.plan.order, { importModule, timers, clock: systemClock });
    if (loaded.problems.length > 0) {
      throw new Refused(ExitCode.PLUGINS, loaded.problems.map(formatPluginProblem));
    }
    return loaded;
  }

  private handleSignals(executive: Executive, file: DaemonConfigurationFile): void {
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGQUIT'] as const) {
      process.on(signal, () => {
        if (++this.signals > 1) process.exit(ExitCode.INTERNAL);
        void executive.leave(signal);
      });
    }
    process.on('SIGHUP', () => {
      file.reload().catch((error: unknown) => this.log.error(`not reloaded: ${describe(error)}`));
    });
    process.on('SIGUSR2', () => {
      this.trace?.flush();
      this.dump(executive);
    });
    process.on('exit', () => this.trace?.flush());
    for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
      process.on(event, (error: unknown) => void executive.fail(error));
    }
  }

  private dump(executive: Executive): void {
    try {
      const dump = JSON.stringify(executive.dump(), (_, held: unknown) =>
        typeof held === 'bigint' ? held.toString() : held,
      );
      this.log.info(`state: ${dump}`);
      this.storage.write('state-dump.json', Buffer.from(dump));
    } catch (error) {
      this.log.error(`no state dump: ${describe(error)}`);
    }
  }

  private finish(ending: Ending): ExitCode {
    const code = exitCodeAfter(ending);
    this.trace?.close(`${ending.kind}: ${ending.reason}`);
    this.log.info(`ended: ${ending.reason}`, { exit: code });
    this.logging.close();
    return code;
  }
}

function print(text: string): ExitCode {
  process.stdout.write(`${text}\n`);
  return ExitCode.LEFT;
}

/** To whoever can hear it: the terminal, or the command that started this one in the background. */
async function complain(text: string, line: CommandLine | undefined): Promise<void> {
  if (line?.detached) await tellParent({ failed: text });
  else process.stderr.write(`${text}\n`);
}

function describe(error: unknown): string {
  if (error instanceof Refused) return error.message;
  if (error instanceof CoterieError) return `${error.message} [${error.code}]`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function formatPluginProblem({
  severity,
  message,
  code,
}: {
  severity: string;
  message: string;
  code: string;
}): string {
  return `${severity}: ${message} [${code}]`;
}

function version(): string {
  const file = new URL('../../package.json', import.meta.url);
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}
