import { buffer } from 'node:stream/consumers';
import { CpgClient, type Group } from '@coterie/engine-cpg/client';
import { CoterieError } from '@coterie/sdk';
import { Args, Flags } from '@oclif/core';
import { DaemonCommand } from '../../command.js';

export default class CpgSend extends DaemonCommand {
  static override summary = 'Join a process group, send it a message, and leave';
  static override description =
    'Without MESSAGE, what standard input holds is sent, byte for byte. Ends once the message has come back: from then on every member has it or will have it, in the same order.';
  static override args = {
    group: Args.string({ description: 'Name of the group', required: true }),
    message: Args.string({ description: 'What to say; default: standard input', ignoreStdin: true }),
  };
  static override flags = {
    timeout: Flags.integer({ summary: 'Milliseconds that this may take', default: 10_000, min: 1 }),
  };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(CpgSend);
    const message = await said(args.message);
    const signal = AbortSignal.timeout(flags.timeout);
    try {
      await using client = await CpgClient.connect({ runDir: this.runDir(flags), signal });
      signal.addEventListener('abort', () => void client.close(), { once: true });
      const group = await client.join(args.group, { signal });
      await group.send(message);
      await back(group);
    } catch (error) {
      if (!signal.aborted) throw error;
      const late = `no message came back within ${flags.timeout} ms`;
      throw new CoterieError('COTERIE_E_SEND_TIMEOUT', late, { cause: error });
    }
  }
}

async function said(message: string | undefined): Promise<Buffer> {
  if (message !== undefined) return Buffer.from(message);
  if (!process.stdin.isTTY) return buffer(process.stdin);
  throw new CoterieError('COTERIE_E_USAGE', 'no message: name one, or pass it on standard input');
}

/** Resolves when this process hears itself. */
async function back(group: Group): Promise<void> {
  const { nodeId, pid } = group.self;
  for await (const event of group) {
    if (event.type === 'deliver' && event.from.nodeId === nodeId && event.from.pid === pid) return;
  }
}
