import { Flags } from '@oclif/core';
import { CfgClient } from '@coterie/engine-cfg/client';
import { CsError } from '@coterie/sdk';
import { DaemonCommand } from '../command.js';
import { inWords } from '../in-words.js';

export default class Shutdown extends DaemonCommand {
  static override summary = 'Shut the daemon down, unless a program that uses it minds';
  static override flags = {
    force: Flags.boolean({ summary: 'Ask nobody' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Shutdown);
    await using client = await CfgClient.connect({ runDir: this.runDir(flags) });
    await inWords(client.shutdown(flags.force ? 'immediate' : 'request'), {
      [CsError.BUSY]: 'a program of this node minds, or does not answer; --force asks nobody',
      [CsError.EXIST]: 'the programs of this node are being asked already',
    });
    this.log('The daemon is leaving the ring.');
  }
}
