import { QuorumClient, type QuorumState } from '@coterie/engine-quorum/client';
import { formatRing } from '@coterie/sdk';
import { DaemonCommand } from '../../command.js';
import { interruption } from '../../interruption.js';
import { paint } from '../../paint.js';

export default class QuorumWatch extends DaemonCommand {
  static override summary =
    'Print the membership and the verdict about quorum whenever they change, until interrupted';
  static override enableJsonFlag = true;

  async run(): Promise<void> {
    const { flags } = await this.parse(QuorumWatch);
    const signal = interruption();
    try {
      await using client = await QuorumClient.connect({ runDir: this.runDir(flags), signal });
      for await (const state of client.watch({ signal })) {
        process.stdout.write(
          `${this.jsonEnabled() ? JSON.stringify({ ...state, ring: formatRing(state.ring) }) : told(state)}\n`,
        );
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}

function told({ quorate, ring, members, joined, left }: QuorumState): string {
  const verdict = quorate ? paint.good('quorate') : paint.bad('not quorate');
  const came = joined.length > 0 ? `; came: ${joined.join(' ')}` : '';
  const went = left.length > 0 ? `; went: ${left.join(' ')}` : '';
  return `ring ${formatRing(ring)} of ${members.join(' ')}, ${verdict}${came}${went}`;
}
