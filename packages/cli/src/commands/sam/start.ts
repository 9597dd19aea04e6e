import { SamClient } from '@coterie/engine-sam/client';
import { Args } from '@oclif/core';
import { DaemonCommand } from '../../command.js';

export default class SamStart extends DaemonCommand {
  static override summary = "Start a program of the daemon's configuration that does not run";
  static override args = {
    id: Args.string({ description: 'As "coterie sam list" shows it', required: true }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(SamStart);
    await using client = await SamClient.connect({ runDir: this.runDir(flags) });
    await client.start(args.id);
  }
}
