import { CpgClient, type GroupEvent, type Process } from '@coterie/engine-cpg/client';
import { formatRing } from '@coterie/sdk';
import { Args } from '@oclif/core';
import { DaemonCommand } from '../../command.js';
import { interruption } from '../../interruption.js';
import { paint, printable } from '../../paint.js';

export default class CpgListen extends DaemonCommand {
  static override summary = 'Join a process group and print what happens in it, until interrupted';
  static override args = { group: Args.string({ description: 'Name of the group', required: true }) };
  static override enableJsonFlag = true;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(CpgListen);
    const interrupted = interruption();
    await using client = await CpgClient.connect({ runDir: this.runDir(flags), signal: interrupted });
    const group = await client.join(args.group, { signal: interrupted });
    interrupted.addEventListener('abort', () => void client.close(), { once: true });
    try {
      for await (const event of group) {
        process.stdout.write(`${this.jsonEnabled() ? JSON.stringify(plain(event)) : told(event)}\n`);
      }
    } catch (error) {
      if (!interrupted.aborted) throw error;
    }
  }
}

/** One line of JSON an event, the data as text. */
function plain(event: GroupEvent): unknown {
  switch (event.type) {
    case 'deliver':
      return { ...event, data: Buffer.from(event.data).toString() };
    case 'configuration':
      return event;
    case 'ring':
      return { ...event, ring: formatRing(event.ring) };
  }
}

function told(event: GroupEvent): string {
  switch (event.type) {
    case 'deliver':
      return `${name(event.from)}  ${printable(Buffer.from(event.data).toString())}`;
    case 'configuration': {
      const came = event.joined.map((change) => `; ${name(change)} came (${change.reason})`);
      const went = event.left.map((change) => `; ${name(change)} went (${change.reason})`);
      return paint.quiet(['members: ', event.members.map(name).join(' '), ...came, ...went].join(''));
    }
    case 'ring':
      return paint.quiet(`ring ${formatRing(event.ring)}: ${event.members.join(' ')}`);
  }
}

function name({ nodeId, pid }: Process): string {
  return `${nodeId}:${pid}`;
}
