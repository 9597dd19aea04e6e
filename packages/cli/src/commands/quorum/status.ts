import { DaemonCommand, NOT_QUORATE } from '../../command.js';
import { columns } from '../../paint.js';
import { readRing } from '../../status/read.js';
import type { RingStatus } from '../../status/snapshot.js';

export default class QuorumStatus extends DaemonCommand {
  static override summary = 'Show whether this node is quorate, and the votes';
  static override description = 'Exit code 2: the node is not quorate.';
  static override enableJsonFlag = true;

  async run(): Promise<RingStatus> {
    const { flags } = await this.parse(QuorumStatus);
    const ring = await readRing(this.runDir(flags));
    const { votes } = ring;
    const rows = [
      ['quorate', ring.quorate ? 'yes' : 'no'],
      ['ring', ring.ring],
      ['members', ring.members.join(' ')],
      [
        'votes',
        votes ? `${votes.total} of ${votes.expected}, ${votes.needed} needed` : 'no provider counts them',
      ],
      ...(votes ? [['flags', votes.flags.join(' ') || 'none']] : []),
    ];
    for (const line of columns(rows, '')) this.log(line);
    if (!ring.quorate) process.exitCode = NOT_QUORATE;
    return ring;
  }
}
