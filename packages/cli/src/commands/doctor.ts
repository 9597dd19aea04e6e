import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Configuration } from '@coterie/core';
import { CoterieError, errors, type ErrorCode } from '@coterie/sdk';
import { Flags } from '@oclif/core';
import { DaemonCommand } from '../command.js';
import { projectAt } from '../dev/pointer.js';
import * as checks from '../doctor/checks.js';
import { thisMachine } from '../doctor/machine.js';
import { examineRdma } from '../doctor/rdma.js';
import { paint, printable } from '../paint.js';
import { installedPlugins } from '../plugins/installed.js';
import { findings, type Finding } from '../status/findings.js';
import { readKeys, readRing } from '../status/read.js';
import { snapshot } from '../status/snapshot.js';

/** What was looked at, and what was found there. */
interface Examined {
  readonly area: string;
  readonly findings: readonly Finding[];
}

export default class Doctor extends DaemonCommand {
  static override summary =
    'Look for what keeps a daemon of this project from working well, and say what to do';
  static override description =
    'Looks at the installed plugins without running them, at corosync.conf, at this machine (MTU, multicast, socket buffers, clock, firewall) and at the daemon, if one runs. Exit code 1: there are errors.';
  static override enableJsonFlag = true;
  static override flags = {
    config: Flags.string({
      char: 'c',
      summary: 'The configuration; corosync.conf of the project or of the machine unless told',
    }),
    name: Flags.string({ summary: 'Node of the nodelist to be; default: the one this machine is' }),
    project: Flags.string({ summary: 'Folder of the package.json that names the plugins' }),
  };

  async run(): Promise<{ examined: Examined[] }> {
    const { flags } = await this.parse(Doctor);
    const project = resolve(flags.project ?? projectAt(process.cwd()));
    const examined: Examined[] = [];
    const examine = (area: string, found: readonly Finding[]): void => {
      examined.push({ area, findings: found });
      this.show(area, found);
    };

    const { plugins, problems } = await installedPlugins(project);
    examine(
      'plugins',
      problems.map(({ severity, message, code, remedy }) => ({
        severity,
        what: `${message} [${code}]`,
        hint: remedy,
      })),
    );
    examine('native parts', checks.checkAddons(plugins, thisMachine));

    const file = resolve(flags.config ?? defaultConfiguration(project));
    const { configuration, found } = await readFile(file, project, flags.name);
    examine(file, found);
    if (configuration !== undefined) {
      examine('MTU', checks.checkMtu(configuration, thisMachine));
      for (const { area, findings } of await examineRdma(configuration, plugins)) examine(area, findings);
      examine('multicast', await checks.checkMulticast(configuration, thisMachine));
      examine('firewall', checks.checkFirewall(configuration, thisMachine));
    }
    examine('socket buffers', checks.checkBuffers(thisMachine));
    examine('clock', checks.checkClock(thisMachine));
    examine('daemon', await this.daemon(this.runDir(flags)));
    if (examined.some((each) => each.findings.some(({ severity }) => severity === 'error')))
      process.exitCode = 1;
    return { examined };
  }

  private show(area: string, found: readonly Finding[]): void {
    if (found.length === 0) this.log(`${paint.good('ok')}       ${area}`);
    for (const { severity, what, hint } of found) {
      const mark = severity === 'error' ? paint.bad('error') + '    ' : paint.warn('warning') + '  ';
      this.log(`${mark}${area}: ${printable(what)}\n         ${hint}`);
    }
  }

  private async daemon(runDir: string): Promise<Finding[]> {
    try {
      const keys = await readKeys(runDir, ['nodelist.', 'runtime.', 'totem.', 'stats.srp.']);
      return findings(snapshot(keys, await readRing(runDir)));
    } catch (error) {
      if (!(error instanceof CoterieError)) throw error;
      return [{ severity: 'warning', what: `${error.message} [${error.code}]`, hint: 'Start coteried.' }];
    }
  }
}

function defaultConfiguration(project: string): string {
  const own = join(project, 'corosync.conf');
  return existsSync(own) ? own : '/etc/corosync/corosync.conf';
}

async function readFile(
  file: string,
  project: string,
  node: string | undefined,
): Promise<{ configuration: Configuration | undefined; found: Finding[] }> {
  // Most commands do without the executive, and oclif imports all of them.
  const { formatProblem, readConfiguration, readPlugins } = await import('@coterie/core');
  try {
    const { configuration, problems } = await readConfiguration(
      { config: file, project, node },
      readPlugins({ project }),
    );
    const found = problems.map((problem): Finding => ({
      severity: problem.severity,
      what: formatProblem(problem),
      hint: remedyOf(problem.code),
    }));
    return { configuration, found };
  } catch (error) {
    if (!(error instanceof CoterieError)) throw error;
    const found: Finding = { severity: 'error', what: error.message, hint: remedyOf(error.code) };
    return { configuration: undefined, found: [found] };
  }
}

function remedyOf(code: string): string {
  return Object.hasOwn(errors, code) ? errors[code as ErrorCode].remedy : '';
}
