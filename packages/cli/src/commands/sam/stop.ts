import { SamClient } from '@coterie/engine-sam/client';
import { Args } from '@oclif/core';
import { DaemonCommand } from '../../command.js';

export default class SamStop extends DaemonCommand {
  static override summary = 'End a supervised program and all that it has started; ends when they are gone';
  static override description =
    'The daemon starts a program of its configuration again when it is started itself. Of a program that has failed only the record is dropped. Programs of libsam take no orders.';
  static override args = {
    id: Args.string({ description: 'As "coterie sam list" shows it', required: true }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(SamStop);
    await using client = await SamClient.connect({ runDir: this.runDir(flags) });
    await client.stop(args.id);
  }
}
