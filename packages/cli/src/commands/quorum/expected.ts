import { Args } from '@oclif/core';
import { QuorumClient } from '@coterie/engine-quorum/client';
import { DaemonCommand } from '../../command.js';

export default class QuorumExpected extends DaemonCommand {
  static override summary = 'Set the votes that the cluster expects, on all nodes';
  static override description =
    'Two parts of a cluster that both expect only what they have are both quorate: be sure that the missing nodes are down.';
  static override args = {
    votes: Args.integer({ description: 'Votes to expect', required: true, min: 1 }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(QuorumExpected);
    await using client = await QuorumClient.connect({ runDir: this.runDir(flags) });
    await client.setExpected(args.votes);
    this.log(`The cluster expects ${args.votes} votes.`);
  }
}
