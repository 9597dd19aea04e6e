import { Flags } from '@oclif/core';
import { CfgClient } from '@coterie/engine-cfg/client';
import { DaemonCommand } from '../command.js';

export default class Shutdown extends DaemonCommand {
  static override summary = 'Shut the daemon down, unless a program that uses it minds';
  static override flags = {
    force: Flags.boolean({ summary: 'Ask nobody' }),
  };

  async run(): Promise<void> {
    const { flags } = await this.parse(Shutdown);
    await using client = await CfgClient.connect({ runDir: this.runDir(flags) });
    await client.shutdown(flags.force ? 'immediate' : 'request');
    this.log('The daemon is leaving the ring.');
  }
}
