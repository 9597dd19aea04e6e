import { CfgClient, type ReloadResult } from '@coterie/engine-cfg/client';
import { CsError } from '@coterie/sdk';
import { DaemonCommand } from '../command.js';
import { inWords } from '../in-words.js';

export default class Reload extends DaemonCommand {
  static override summary =
    'Have every node read its corosync.conf again; if one finds an error, none changes anything';
  static override enableJsonFlag = true;

  async run(): Promise<ReloadResult> {
    const { flags } = await this.parse(Reload);
    await using client = await CfgClient.connect({ runDir: this.runDir(flags) });
    const result = await inWords(client.reload(), {
      [CsError.TRY_AGAIN]: 'another reload is under way, or the ring is changing; nothing has changed',
      [CsError.TIMEOUT]: 'a node has not said within 10 s what its file would change; nothing has changed',
    });
    for (const { node, changed, warnings, errors } of result.nodes) {
      const count = changed.length === 0 ? 'nothing' : changed.join(' ');
      this.log(`node ${node}: ${errors.length > 0 ? 'cannot be reloaded' : `changes: ${count}`}`);
      for (const line of [...warnings, ...errors]) this.log(`  ${line}`);
    }
    this.log(result.applied ? 'The new configuration is in force.' : 'Nothing has changed.');
    if (!result.applied) process.exitCode = 1;
    return result;
  }
}
