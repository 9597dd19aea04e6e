import type { Generated } from 'create-coterie';
import { GenerateCommand, generatorArgs, generatorFlags } from '../../generate/command.js';

export default class GenerateTransport extends GenerateCommand {
  static override summary = 'Begin a transport of your own';
  static override description =
    'Writes a package with a transport that carries a cluster on one machine, and its tests. It builds, lints and passes its tests as it stands. Files that exist are never overwritten.';
  static override examples = ['<%= config.bin %> generate transport my-transport'];
  static override args = generatorArgs;
  static override flags = generatorFlags;

  async run(): Promise<Generated> {
    const { args, flags } = await this.parse(GenerateTransport);
    return this.write('transport', { packageName: args.name, flags });
  }
}
