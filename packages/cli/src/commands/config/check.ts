import { resolve } from 'node:path';
import { formatProblem, readConfiguration, readPlugins, type Problem } from '@coterie/core';
import { Args, Command, Flags } from '@oclif/core';
import { errorJson } from '../../command.js';
import { projectAt } from '../../dev/pointer.js';
import { paint } from '../../paint.js';

export default class ConfigCheck extends Command {
  static override summary = 'Report everything that is wrong with a corosync.conf';
  static override description =
    'Checks the file as the daemon of the project would, with the sections of its plugins. Exit code 1: it has errors.';
  static override enableJsonFlag = true;
  static override args = { file: Args.string({ description: 'The file', required: true }) };
  static override flags = {
    node: Flags.string({ summary: 'Node of the nodelist to check it for; default: the one this machine is' }),
    project: Flags.string({ summary: 'Folder of the package.json that names the plugins' }),
  };

  async run(): Promise<{ file: string; problems: readonly Problem[] }> {
    const { args, flags } = await this.parse(ConfigCheck);
    const project = resolve(flags.project ?? projectAt(process.cwd()));
    const place = { config: args.file, project, node: flags.node };
    const plan = readPlugins(place);
    for (const { packageName, message, code } of plan.problems) {
      this.logToStderr(`${packageName ?? project}: ${message} [${code}]`);
    }
    const { problems, configuration } = await readConfiguration(place, plan);
    for (const problem of problems) {
      this.log((problem.severity === 'error' ? paint.bad : paint.warn)(formatProblem(problem)));
    }
    if (configuration === undefined) process.exitCode = 1;
    else if (problems.length === 0) this.log(`${args.file}: nothing is wrong`);
    return { file: args.file, problems };
  }

  protected override toErrorJson(error: unknown): unknown {
    return errorJson(error);
  }
}
