import { resolve } from 'node:path';
import { errors, type ErrorCode } from '@coterie/sdk';
import { Flags } from '@oclif/core';
import { DaemonCommand } from '../command.js';
import { projectAt } from '../dev/pointer.js';
import { columns, paint, printable } from '../paint.js';
import { installedPlugins, type Complaint } from '../plugins/installed.js';
import { readKeys } from '../status/read.js';
import { plugins, type PluginStatus } from '../status/snapshot.js';

const HEAD = ['name', 'kind', 'version', 'package', 'provides', 'requires', 'section', 'import', 'folder'];

interface Shown {
  /** In the order in which they start. */
  readonly plugins: readonly PluginStatus[];
  /** Of what is installed only: a daemon that refuses a plugin does not run. */
  readonly problems: readonly Complaint[];
}

export default class Plugins extends DaemonCommand {
  static override summary = 'Show the plugins that the daemon runs, or those that are installed';
  static override description =
    'With --installed it looks at the project around the current folder and runs nothing of it: what is there, in which order it would start, what is wrong and what to do about it. Exit code 1: a daemon would not start.';
  static override enableJsonFlag = true;
  static override flags = {
    installed: Flags.boolean({ summary: 'Look at the project instead of a daemon' }),
    project: Flags.string({
      summary: 'Folder of the package.json that names the plugins',
      dependsOn: ['installed'],
    }),
  };

  async run(): Promise<Shown> {
    const { flags } = await this.parse(Plugins);
    const shown = flags.installed
      ? await installedPlugins(resolve(flags.project ?? projectAt(process.cwd())))
      : { plugins: plugins(await readKeys(this.runDir(flags), ['runtime.plugins.'])), problems: [] };
    for (const line of columns([HEAD, ...shown.plugins.map(row)], '')) this.log(line);
    for (const { severity, message, code, remedy } of shown.problems) {
      this.log(paint[severity === 'error' ? 'bad' : 'warn'](`${severity}: ${printable(message)} [${code}]`));
      this.log(`  ${remedy}`);
    }
    if (!flags.installed) this.warnOf(shown.plugins);
    if (shown.problems.some(({ severity }) => severity === 'error')) process.exitCode = 1;
    return shown;
  }

  /** What a daemon runs in spite of. */
  private warnOf(running: readonly PluginStatus[]): void {
    for (const { name, problems } of running) {
      for (const code of problems) {
        const known = Object.hasOwn(errors, code) ? errors[code as ErrorCode] : undefined;
        this.log(paint.warn(`warning: ${printable(name)}: ${known?.meaning ?? ''} [${printable(code)}]`));
        if (known !== undefined) this.log(`  ${known.remedy}`);
      }
    }
  }
}

function row(plugin: PluginStatus): string[] {
  const { name, kind, version, packageName, provides, requires, section, importTime, directory } = plugin;
  const took = importTime === undefined ? '-' : `${Math.round(importTime)} ms`;
  const cells = [name, kind, version, packageName, provides.join(' '), requires.join(' '), section];
  return [...cells, took, directory].map(printable);
}
