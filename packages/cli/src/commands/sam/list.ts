import { SamClient, type ProgramEntry } from '@coterie/engine-sam/client';
import { DaemonCommand } from '../../command.js';
import { columns, paint, printable } from '../../paint.js';

type Listing = Omit<ProgramEntry, 'pollPeriod' | 'lastUpdated'> & {
  readonly pollPeriod: number;
  /** Milliseconds since the machine's start; 0: never. */
  readonly lastUpdated: number;
};

export default class SamList extends DaemonCommand {
  static override summary = 'Show the supervised programs of a node';
  static override description =
    'Those of the section sam of its configuration, of "coterie sam run" and of programs that supervise themselves with this project\'s library or with libsam.';
  static override enableJsonFlag = true;

  async run(): Promise<{ programs: Listing[] }> {
    const { flags } = await this.parse(SamList);
    await using client = await SamClient.connect({ runDir: this.runDir(flags) });
    const entries = await client.list();
    if (entries.length === 0) this.log('There are no supervised programs.');
    else {
      const head = ['id', 'name', 'state', 'pid', 'restarts', 'policy', 'supervisor', ''];
      for (const line of columns([head, ...entries.map(row)], '')) this.log(line);
    }
    const programs = entries.map(({ pollPeriod, lastUpdated, ...entry }) => ({
      ...entry,
      pollPeriod: Number(pollPeriod),
      lastUpdated: Number(lastUpdated / 1_000_000n),
    }));
    return { programs };
  }
}

function row({ id, name, state, pid, restarts, recovery, supervisor, reason }: ProgramEntry): string[] {
  const ours = supervisor !== 'libsam';
  const cells = [id, name, state, pid === 0 ? '' : `${pid}`, ours ? `${restarts}` : '', recovery, supervisor];
  return [...cells.map(printable), paint.quiet(printable(reason))];
}
