import { Flags } from '@oclif/core';
import type { Generated } from 'create-coterie';
import { GenerateCommand, generatorArgs, generatorFlags } from '../../generate/command.js';

export default class GenerateEngine extends GenerateCommand {
  static override summary = 'Begin a service engine of your own';
  static override description =
    'Writes a package with an engine, its client, its tests on a simulated cluster and an example program. It builds, lints and passes its tests as it stands. Files that exist are never overwritten.';
  static override examples = ['<%= config.bin %> generate engine my-engine --service 1027'];
  static override args = generatorArgs;
  static override flags = {
    ...generatorFlags,
    service: Flags.integer({ summary: 'Service number, 1024 to 65535; one follows from the name' }),
  };

  async run(): Promise<Generated> {
    const { args, flags } = await this.parse(GenerateEngine);
    return this.write('engine', { packageName: args.name, service: flags.service, flags });
  }
}
