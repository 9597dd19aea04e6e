import { QuorumClient, type Explanation, type QuorumChange } from '@coterie/engine-quorum/client';
import { DaemonCommand, NOT_QUORATE } from '../../command.js';

export default class QuorumExplain extends DaemonCommand {
  static override summary = 'Say why this node is (not) quorate, and what would change it';
  static override description = 'Exit code 2: the node is not quorate.';
  static override enableJsonFlag = true;

  async run(): Promise<Explanation> {
    const { flags } = await this.parse(QuorumExplain);
    await using client = await QuorumClient.connect({ runDir: this.runDir(flags) });
    const explanation = await client.explain();
    const { quorate, reason, changes } = explanation;
    this.log(`${quorate ? 'Quorate' : 'Not quorate'}: ${reason}.`);
    if (changes.length > 0)
      this.log(quorate ? 'It would end with any of these:' : 'Any of these would change it:');
    for (const change of changes) this.log(`  ${describe(change)}`);
    if (!quorate) process.exitCode = NOT_QUORATE;
    return explanation;
  }
}

function describe({ what, nodes, votes }: QuorumChange): string {
  const which = `${nodes.length > 1 ? 'nodes' : 'node'} ${nodes.join(' and ')}`;
  switch (what) {
    case 'join':
      return `${which} ${nodes.length > 1 ? 'come' : 'comes'}`;
    case 'loss':
      return `${which} ${nodes.length > 1 ? 'go' : 'goes'}`;
    case 'cancel-wait-for-all':
      return 'the key quorum.cancel_wait_for_all is set to 1';
    case 'expected-votes':
      return `only ${votes} votes are expected: coterie quorum expected ${votes}`;
  }
}
