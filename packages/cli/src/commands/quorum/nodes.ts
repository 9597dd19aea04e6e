import { QuorumClient, type VoteInfo } from '@coterie/engine-quorum/client';
import { DaemonCommand, NOT_QUORATE } from '../../command.js';
import { columns } from '../../paint.js';
import { readKeys } from '../../status/read.js';
import { nodes } from '../../status/snapshot.js';

type NodeVotes = Pick<VoteInfo, 'nodeId' | 'votes'> & {
  readonly name: string | undefined;
  readonly state: string;
};

export default class QuorumNodes extends DaemonCommand {
  static override summary = 'Show the votes of every node';
  static override description = 'Exit code 2: the node is not quorate.';
  static override enableJsonFlag = true;

  async run(): Promise<{ nodes: NodeVotes[] }> {
    const { flags } = await this.parse(QuorumNodes);
    const runDir = this.runDir(flags);
    await using client = await QuorumClient.connect({ runDir });
    const members = await firstMembers(client);
    const list: NodeVotes[] = [];
    for (const { nodeId, name, member, votes } of nodes(
      await readKeys(runDir, ['nodelist.', 'runtime.members.']),
      members,
    )) {
      const info = member ? await client.info(nodeId) : undefined;
      list.push({ nodeId, name, votes: info?.votes ?? votes ?? 0, state: info?.state ?? 'absent' });
    }
    const rows = list.map(({ nodeId, name, votes, state }) => [`${nodeId}`, name ?? '', `${votes}`, state]);
    for (const line of columns([['node', 'name', 'votes', 'state'], ...rows], '')) this.log(line);
    if (!(await client.quorate())) process.exitCode = NOT_QUORATE;
    return { nodes: list };
  }
}

async function firstMembers(client: QuorumClient): Promise<readonly number[]> {
  for await (const { members } of client.watch()) return members;
  return [];
}
