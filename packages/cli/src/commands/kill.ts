import { Flags } from '@oclif/core';
import { CfgClient } from '@coterie/engine-cfg/client';
import { CsError } from '@coterie/sdk';
import { DaemonCommand, fits, numberArg } from '../command.js';
import { inWords } from '../in-words.js';

const MAX_REASON = 255;

export default class Kill extends DaemonCommand {
  static override summary = 'Make another node of the ring stop';
  static override args = {
    id: numberArg({ description: 'Node id', required: true }),
  };
  static override flags = {
    reason: Flags.string({
      summary: 'For the log of that node, 255 bytes at most',
      default: 'asked to by an administrator',
    }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Kill);
    fits('a reason', flags.reason, MAX_REASON);
    await using client = await CfgClient.connect({ runDir: this.runDir(flags) });
    await inWords(client.kill(args.id, flags.reason), {
      [CsError.NOT_EXIST]: `node ${args.id} is not on the ring`,
    });
    this.log(`Node ${args.id} has been told to stop.`);
  }
}
