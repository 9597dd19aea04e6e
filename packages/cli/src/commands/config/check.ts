import { resolve } from 'node:path';
import type { PluginProblem, Problem } from '@coterie/core';
import { Args, Command, Flags } from '@oclif/core';
import { errorJson } from '../../command.js';
import { projectAt } from '../../dev/pointer.js';
import { paint } from '../../paint.js';

interface Found {
  readonly file: string;
  readonly problems: readonly Problem[];
  /** Of the project's plugins: what they add to the file cannot be checked where one is broken. */
  readonly pluginProblems: readonly PluginProblem[];
}

export default class ConfigCheck extends Command {
  static override summary = 'Report everything that is wrong with a corosync.conf';
  static override description =
    'Checks the file as the daemon of the project would, with the sections of its plugins. Exit code 1: it, or a plugin, has errors.';
  static override enableJsonFlag = true;
  static override args = { file: Args.string({ description: 'The file', required: true }) };
  static override flags = {
    node: Flags.string({ summary: 'Node of the nodelist to check it for; default: the one this machine is' }),
    project: Flags.string({ summary: 'Folder of the package.json that names the plugins' }),
  };

  async run(): Promise<Found> {
    const { args, flags } = await this.parse(ConfigCheck);
    // Most commands do without the executive, and oclif imports all of them.
    const { formatProblem, readConfiguration, readPlugins } = await import('@coterie/core');
    const project = resolve(flags.project ?? projectAt(process.cwd()));
    const place = { config: args.file, project, node: flags.node };
    const plan = readPlugins(place);
    for (const { severity, message, code } of plan.problems) {
      this.log(paint[severity === 'error' ? 'bad' : 'warn'](`${severity}: ${message} [${code}]`));
    }
    const { problems, configuration } = await readConfiguration(place, plan);
    for (const problem of problems) {
      this.log(paint[problem.severity === 'error' ? 'bad' : 'warn'](formatProblem(problem)));
    }
    const broken = plan.problems.some(({ severity }) => severity === 'error');
    if (configuration === undefined || broken) process.exitCode = 1;
    else if (problems.length + plan.problems.length === 0) this.log(`${args.file}: nothing is wrong`);
    return { file: args.file, problems, pluginProblems: plan.problems };
  }

  protected override toErrorJson(error: unknown): unknown {
    return errorJson(error);
  }
}
