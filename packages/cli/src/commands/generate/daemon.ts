import type { Generated } from 'create-coterie';
import { GenerateCommand, generatorArgs, generatorFlags } from '../../generate/command.js';

export default class GenerateDaemon extends GenerateCommand {
  static override summary = 'Begin a daemon';
  static override description =
    'Writes a folder that composes plugins by its package.json, with a corosync.conf and a unit for systemd. Files that exist are never overwritten.';
  static override examples = ['<%= config.bin %> generate daemon my-daemon'];
  static override args = generatorArgs;
  static override flags = generatorFlags;

  async run(): Promise<Generated> {
    const { args, flags } = await this.parse(GenerateDaemon);
    return this.write('daemon', { packageName: args.name, flags });
  }
}
