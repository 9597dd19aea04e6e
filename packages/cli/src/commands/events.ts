import { CfgClient } from '@coterie/engine-cfg/client';
import { ConfdbClient } from '@coterie/engine-confdb/client';
import { QuorumClient } from '@coterie/engine-quorum/client';
import { formatRing } from '@coterie/sdk';
import { DaemonCommand } from '../command.js';
import { plainValue } from '../db/value.js';
import { interruption } from '../interruption.js';

/** Keys below these count and time things: they change all the time. */
const RESTLESS = ['stats.', 'runtime.'];

export default class Events extends DaemonCommand {
  static override summary = 'Print what happens, one JSON object a line, until interrupted';
  static override description = `Each has "at" (time) and "type":
quorum    membership or verdict: quorate, ring, members, joined, left
database  a key other than a statistic: kind (add, modify, delete), key, old, new
shutdown  somebody wants the daemon to shut down: how. This command does not object`;

  async run(): Promise<void> {
    const { flags } = await this.parse(Events);
    const signal = interruption();
    const options = { runDir: this.runDir(flags), signal };
    const failed = new AbortController();
    const both = { ...options, signal: AbortSignal.any([signal, failed.signal]) };
    try {
      await Promise.all(
        [quorum(both), database(both), shutdowns(both)].map((source) =>
          source.catch((error: unknown) => {
            failed.abort();
            throw error;
          }),
        ),
      );
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}

interface Source {
  readonly runDir: string;
  readonly signal: AbortSignal;
}

function tell(type: string, event: object): void {
  process.stdout.write(`${JSON.stringify({ at: new Date().toISOString(), type, ...event })}\n`);
}

async function quorum(options: Source): Promise<void> {
  await using client = await QuorumClient.connect(options);
  for await (const state of client.watch(options)) tell('quorum', { ...state, ring: formatRing(state.ring) });
}

async function database(options: Source): Promise<void> {
  await using client = await ConfdbClient.connect(options);
  const changes = await client.track('', { prefix: true, signal: options.signal });
  for await (const { kind, key, old, value } of changes) {
    if (RESTLESS.some((prefix) => key.startsWith(prefix))) continue;
    tell('database', { kind, key, old: old && plainValue(old), new: value && plainValue(value) });
  }
}

async function shutdowns(options: Source): Promise<void> {
  await using client = await CfgClient.connect(options);
  for await (const { how, answer } of client.shutdowns(options)) {
    tell('shutdown', { how });
    await answer(false);
  }
}
