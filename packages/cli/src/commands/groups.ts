import { CpgClient } from '@coterie/engine-cpg/client';
import { DaemonCommand } from '../command.js';
import { columns, printable } from '../paint.js';

interface GroupListing {
  readonly name: string;
  readonly members: { readonly nodeId: number; readonly pid: number }[];
}

export default class Groups extends DaemonCommand {
  static override summary = 'Show the process groups of the ring and their members';
  static override enableJsonFlag = true;

  async run(): Promise<{ groups: GroupListing[] }> {
    const { flags } = await this.parse(Groups);
    await using client = await CpgClient.connect({ runDir: this.runDir(flags) });
    const members = new Map<string, GroupListing['members']>();
    for await (const { group, nodeId, pid } of client.groups()) {
      const known = members.get(group);
      if (known) known.push({ nodeId, pid });
      else members.set(group, [{ nodeId, pid }]);
    }
    const groups = Array.from(members, ([name, list]) => ({ name, members: list }));
    if (groups.length === 0) this.log('There are no process groups.');
    const rows = groups.map(({ name, members: list }) => [
      printable(name),
      list.map(({ nodeId, pid }) => `${nodeId}:${pid}`).join(' '),
    ]);
    for (const line of columns(rows, '')) this.log(line);
    return { groups };
  }
}
