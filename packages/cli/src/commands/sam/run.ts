import { constants } from 'node:os';
import { defaultTerms, exitCode, supervise, type ProgramTerms } from '@coterie/engine-sam/client';
import { CoterieError } from '@coterie/sdk';
import { Flags } from '@oclif/core';
import { DaemonCommand } from '../../command.js';
import { paint } from '../../paint.js';

const milliseconds = (summary: string, fallback: number, min = 0) =>
  Flags.integer({ summary, default: fallback, min, helpValue: 'MS' });

export default class SamRun extends DaemonCommand {
  static override summary = 'Run a program, and start it again when it fails';
  static override description =
    'It fails when it ends with an exit code other than 0 or, with --health pipe, is silent on descriptor 3 for too long. Exit code: that of the program, when it is not started again. Interrupting this command ends the program and all that it has started.';
  static override usage = 'sam run [FLAGS] -- COMMAND...';
  static override examples = ['<%= config.bin %> sam run --requires-quorum -- /usr/bin/myserver --port 80'];
  static override strict = false;
  static override flags = {
    name: Flags.string({ summary: 'Its name in the list; default: that of its file' }),
    policy: Flags.option({ options: ['restart', 'quit'] as const, default: 'restart' as const })({
      summary: 'What to do after a failure',
    }),
    'requires-quorum': Flags.boolean({ summary: 'It runs only while this part of the cluster is quorate' }),
    health: Flags.option({ options: ['exit', 'pipe'] as const, default: 'exit' as const })({
      summary: 'What counts as a failure: its exit code, or also silence on descriptor 3',
    }),
    interval: milliseconds('With --health pipe: the longest silence', 10_000, 100),
    'warn-signal': Flags.string({ summary: 'What asks it to end', default: defaultTerms.warnSignal }),
    'kill-timeout': milliseconds('From that signal to SIGKILL', defaultTerms.killTimeout),
    backoff: milliseconds(
      'Before the first restart; doubles with each failure in a row',
      defaultTerms.backoff,
      10,
    ),
    'backoff-max': milliseconds('The longest pause before a restart', defaultTerms.backoffMax, 10),
    'max-restarts': Flags.integer({ summary: 'Restarts in a row; default: no limit', min: 1 }),
    record: Flags.boolean({ summary: 'Have it in "coterie sam list"', default: true, allowNo: true }),
  };

  async run(): Promise<void> {
    const { argv, flags } = await this.parse(SamRun);
    const [file, ...args] = argv as string[];
    if (file === undefined) throw new CoterieError('COTERIE_E_USAGE', 'name the program behind "--"');
    if (!Object.hasOwn(constants.signals, flags['warn-signal'])) {
      throw new CoterieError('COTERIE_E_USAGE', `there is no signal ${flags['warn-signal']}`);
    }
    const terms: ProgramTerms = {
      command: [file, ...args],
      policy: flags.policy,
      requiresQuorum: flags['requires-quorum'],
      health: flags.health,
      interval: flags.health === 'pipe' ? flags.interval : 0,
      warnSignal: flags['warn-signal'],
      killTimeout: flags['kill-timeout'],
      backoff: flags.backoff,
      backoffMax: flags['backoff-max'],
      maxRestarts: flags['max-restarts'] ?? defaultTerms.maxRestarts,
    };
    const { name, record } = flags;
    const supervisor = await supervise(terms, {
      ...(name === undefined ? {} : { name }),
      recorded: record,
      runDir: this.runDir(flags),
      log: (line) => process.stderr.write(`${paint.quiet(`sam: ${line}`)}\n`),
      stopOn: ['SIGINT', 'SIGTERM', 'SIGHUP'],
    });
    const { end, failed } = await supervisor.ended;
    process.exitCode = exitCode(end, failed);
  }
}
