import { SamClient } from '@coterie/engine-sam/client';
import { Args } from '@oclif/core';
import { CsError } from '@coterie/sdk';
import { DaemonCommand, fits } from '../../command.js';
import { inWords } from '../../in-words.js';

const MAX_ID = 255;

export default class SamStop extends DaemonCommand {
  static override summary = 'End a supervised program and all that it has started; ends when they are gone';
  static override description =
    'The daemon starts a program of its configuration again when it is started itself. Of a program that has failed only the record is dropped. Programs of libsam take no orders.';
  static override args = {
    id: Args.string({ description: 'As "coterie sam list" shows it', required: true }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(SamStop);
    fits('an id', args.id, MAX_ID);
    await using client = await SamClient.connect({ runDir: this.runDir(flags) });
    await inWords(client.stop(args.id), {
      [CsError.NOT_EXIST]: `there is no supervised program ${args.id}: see "coterie sam list"`,
      [CsError.NOT_SUPPORTED]: `libsam supervises ${args.id}: it takes no orders from here`,
      [CsError.FAILED_OPERATION]: `the supervisor of ${args.id} has ended over it`,
    });
  }
}
