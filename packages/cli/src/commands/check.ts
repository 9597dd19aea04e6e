import type { RecordedOutcome } from '@coterie/testkit';
import { Args, Command, Flags } from '@oclif/core';
import { errorJson } from '../command.js';
import { paint } from '../paint.js';

export default class Check extends Command {
  static override summary = 'Check traces that coteried --trace has recorded';
  static override description =
    'Merges the traces of the nodes of a cluster and checks that rings agreed and that packets were delivered as extended virtual synchrony wants it. Nodes without a trace are taken at the word of the others. Exit code 1: something did not hold.';
  static override examples = ['<%= config.bin %> check node1.trace node2.trace node3.trace'];
  static override strict = false;
  static override enableJsonFlag = true;
  static override args = {
    files: Args.string({ description: 'A file for each node, or several', required: true }),
  };
  static override flags = {
    'at-rest': Flags.boolean({
      summary: 'The traces end while the nodes that are left sit idle on one ring: ask for that too',
    }),
    window: Flags.integer({ summary: 'Events to show with a violation', min: 1, max: 10_000, default: 20 }),
  };

  async run(): Promise<RecordedOutcome> {
    const { argv, flags } = await this.parse(Check);
    // Most commands do without the testkit, and oclif imports all of them.
    const { checkRecorded, properties } = await import('@coterie/testkit');
    const outcome = checkRecorded(argv as string[], { atRest: flags['at-rest'], window: flags.window });
    const meanings: Readonly<Record<string, string>> = properties;
    for (const { property, message, at, window } of outcome.violations) {
      this.log(paint.bad(`${property} at ${at.toFixed(3)} ms: ${message}`));
      this.log(`  wanted: ${meanings[property]}\n${window.join('\n')}\n`);
    }
    const { events, nodes, began, duration, violations } = outcome;
    this.log(
      `${events} events of ${nodes.length === 1 ? 'node' : 'nodes'} ${nodes.join(' ')}, ` +
        `${(duration / 1000).toFixed(1)} s from ${new Date(began).toISOString()}`,
    );
    if (violations.length === 0) this.log(paint.good('Everything held.'));
    else {
      this.log(paint.bad(`${violations.length} violations`));
      process.exitCode = 1;
    }
    return outcome;
  }

  protected override toErrorJson(error: unknown): unknown {
    return errorJson(error);
  }
}
