import type { ConfigurationFile, Logger, ReloadReport } from '@coterie/sdk';
import type { Configuration } from '../config/configuration.js';
import { formatProblem } from '../config/problems.js';
import { planReload, type Reload } from '../config/reload.js';
import type { Executive } from '../executive.js';
import type { PluginPlan } from '../plugins/plan.js';
import type { CommandLine } from './command-line.js';
import { readConfiguration } from './installation.js';
import type { Logging } from './logging.js';

/** The corosync.conf of a daemon that runs. */
export class DaemonConfigurationFile implements ConfigurationFile {
  private executive: Executive | undefined;
  private readonly log: Logger;

  constructor(
    private readonly line: CommandLine,
    private readonly plan: PluginPlan,
    /** In force. */
    private configuration: Configuration,
    private readonly logging: Logging,
  ) {
    this.log = logging.logs('main');
  }

  /** From now on there is somebody to reload it. */
  attach(executive: Executive): void {
    this.executive = executive;
  }

  async check(): Promise<ReloadReport> {
    const { report } = await this.read();
    return report;
  }

  async reload(): Promise<ReloadReport> {
    this.reopenLogs();
    const { reload, report } = await this.read();
    for (const warning of report.warnings) this.log.warn(warning);
    for (const error of report.errors) this.log.error(error);
    if (reload === undefined) {
      this.log.error(`${this.line.config} has errors: everything stays as it was`);
      return report;
    }
    this.logging.open(reload.configuration.logging);
    this.configuration = reload.configuration;
    this.executive?.reload(reload);
    return report;
  }

  reopenLogs(): void {
    this.logging.open();
  }

  /** What reading it now would do; nothing to do if there are errors. */
  private async read(): Promise<{ reload: Reload | undefined; report: ReloadReport }> {
    const { configuration, problems } = await readConfiguration(this.line, this.plan);
    const database = this.executive?.database;
    const reload = configuration && database && planReload(this.configuration, configuration, database);
    const all = [...problems, ...(reload?.problems ?? [])];
    const lines = (severity: string) =>
      all.filter((problem) => problem.severity === severity).map(formatProblem);
    const errors = lines('error');
    const changed = reload === undefined ? [] : [...reload.deleted, ...reload.set.keys()].sort();
    return {
      reload: errors.length > 0 ? undefined : reload,
      report: { changed: errors.length > 0 ? [] : changed, warnings: lines('warning'), errors },
    };
  }
}
