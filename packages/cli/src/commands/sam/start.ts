import { SamClient } from '@coterie/engine-sam/client';
import { Args } from '@oclif/core';
import { CsError } from '@coterie/sdk';
import { DaemonCommand, fits } from '../../command.js';
import { inWords } from '../../in-words.js';

const MAX_ID = 255;

export default class SamStart extends DaemonCommand {
  static override summary = "Start a program of the daemon's configuration that does not run";
  static override args = {
    id: Args.string({ description: 'As "coterie sam list" shows it', required: true }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(SamStart);
    fits('an id', args.id, MAX_ID);
    await using client = await SamClient.connect({ runDir: this.runDir(flags) });
    await inWords(client.start(args.id), {
      [CsError.NOT_EXIST]: `the configuration of this node has no supervised program ${args.id}`,
    });
  }
}
