import { CoterieError } from '@coterie/sdk';
import { Command, Flags } from '@oclif/core';
import { errorJson } from '../command.js';
import { seedsOf } from '../sim/seeds.js';

export default class Sim extends Command {
  static override summary = 'Run schedules of faults on a simulated cluster and check what may never happen';
  static override description =
    'Random schedules (--seeds, or --from and --count) draw a cluster and its faults from a seed; systematic ones (--exhaustive) strike at every event of small scenarios. Exit code 1: something did not hold, or the campaign was interrupted.';
  static override enableJsonFlag = true;
  static override flags = {
    seeds: Flags.string({
      summary: 'First and last seed',
      helpValue: 'FROM..TO',
      exclusive: ['from', 'count'],
    }),
    from: Flags.integer({ summary: 'First seed; any unless told', min: 0 }),
    count: Flags.integer({ summary: 'How many random schedules; 1000 unless told', min: 1 }),
    exhaustive: Flags.boolean({ summary: 'Run the systematic schedules' }),
    workers: Flags.integer({
      summary: 'Processes at a time; as many as cores unless told',
      min: 1,
      max: 256,
    }),
    results: Flags.string({
      summary: 'File for the figures; an interrupted campaign is continued',
      helpValue: 'FILE',
    }),
    replay: Flags.string({
      ...{ summary: 'Run one schedule and print its trace', helpValue: 'SEED|NAME' },
      exclusive: ['schedule', 'seeds', 'from', 'count', 'exhaustive', 'results', 'workers'],
    }),
    schedule: Flags.string({
      ...{ summary: 'Run the schedule of a file and print its trace', helpValue: 'FILE' },
      exclusive: ['replay', 'seeds', 'from', 'count', 'exhaustive', 'results', 'workers'],
    }),
  };

  async run(): Promise<object> {
    const { flags } = await this.parse(Sim);
    // Most commands do without the testkit, and oclif imports all of them.
    const { Simulations } = await import('../sim/simulations.js');
    const simulations = new Simulations((line) => this.log(line));
    if (flags.replay !== undefined) return simulations.replay(flags.replay);
    if (flags.schedule !== undefined) return simulations.replayFile(flags.schedule);
    const { seeds, from, count, exhaustive, results } = flags;
    const random = seeds !== undefined || from !== undefined || count !== undefined || !exhaustive;
    if (results !== undefined && random && seeds === undefined && from === undefined)
      throw new CoterieError(
        'COTERIE_E_USAGE',
        '--results needs --seeds or --from: a campaign over any seeds cannot be continued',
      );
    return simulations.campaign(random ? seedsOf(seeds, from, count) : undefined, exhaustive, flags);
  }

  protected override toErrorJson(error: unknown): unknown {
    return errorJson(error);
  }
}
