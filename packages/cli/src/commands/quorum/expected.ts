import { QuorumClient } from '@coterie/engine-quorum/client';
import { CsError } from '@coterie/sdk';
import { DaemonCommand, numberArg } from '../../command.js';
import { inWords } from '../../in-words.js';

export default class QuorumExpected extends DaemonCommand {
  static override summary = 'Set the votes that the cluster expects, on all nodes';
  static override description =
    'Two parts of a cluster that both expect only what they have are both quorate: be sure that the missing nodes are down.';
  static override args = {
    votes: numberArg({ description: 'Votes to expect', required: true }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(QuorumExpected);
    await using client = await QuorumClient.connect({ runDir: this.runDir(flags) });
    await inWords(client.setExpected(args.votes), {
      [CsError.INVALID_PARAM]: 'that is less than the votes that are here, or quorum would be lost by it',
      [CsError.NOT_EXIST]: 'nobody counts votes: quorum.provider is not corosync_votequorum',
    });
    this.log(`The cluster expects ${args.votes} votes.`);
  }
}
