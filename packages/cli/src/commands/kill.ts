import { Args, Flags } from '@oclif/core';
import { CfgClient } from '@coterie/engine-cfg/client';
import { DaemonCommand } from '../command.js';

export default class Kill extends DaemonCommand {
  static override summary = 'Make another node of the ring stop';
  static override args = {
    id: Args.integer({ description: 'Node id', required: true, min: 1 }),
  };
  static override flags = {
    reason: Flags.string({ summary: 'For the log of that node', default: 'asked to by an administrator' }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Kill);
    await using client = await CfgClient.connect({ runDir: this.runDir(flags) });
    await client.kill(args.id, flags.reason);
    this.log(`Node ${args.id} has been told to stop.`);
  }
}
