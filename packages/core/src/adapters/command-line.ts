import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { CoterieError } from '@coterie/sdk';
import { defaultRunDir } from '@coterie/sdk/client';
import { projectOf, type Place } from './installation.js';

export const USAGE = `Usage: coteried [options]

  -f, --foreground       stay in the foreground
  -c, --config FILE      configuration (default /etc/corosync/corosync.conf)
  -t, --test             check the configuration and the plugins, and exit
      --node ID|NAME     be this node of the nodelist, where the host does not tell
      --run-dir DIR      client socket and pid file
      --state-dir DIR    what must survive a restart
      --trace FILE       append a line for each event of the ring, for coterie check
      --project DIR      folder of the package.json that names the plugins
  -v, --version          print the version and exit
  -h, --help             print this and exit`;

export interface CommandLine extends Place {
  readonly action: 'run' | 'test' | 'version' | 'help';
  readonly foreground: boolean;
  /** Started by a coteried that waits to hear how it goes. */
  readonly detached: boolean;
  readonly runDir: string;
  /** `--state-dir`; what the configuration says counts otherwise. */
  readonly stateDir: string | undefined;
  /** Where the events of the ring are written down. */
  readonly trace: string | undefined;
}

/** @throws CoterieError COTERIE_E_USAGE, COTERIE_E_PROJECT */
export function parseCommandLine(args: readonly string[], program: string): CommandLine {
  const { values } = parse(args);
  const project = values.project ?? projectOf(program);
  if (project === undefined) {
    throw new CoterieError(
      'COTERIE_E_PROJECT',
      `no package.json around ${program}: name the project with --project`,
    );
  }
  const action = values.help ? 'help' : values.version ? 'version' : values.test ? 'test' : 'run';
  return {
    action,
    foreground: values.foreground,
    detached: values.detached,
    config: resolve(values.config),
    project: resolve(project),
    node: values.node,
    runDir: resolve(values['run-dir'] ?? defaultRunDir()),
    stateDir: values['state-dir'] === undefined ? undefined : resolve(values['state-dir']),
    trace: values.trace === undefined ? undefined : resolve(values.trace),
  };
}

/** /var/lib/coterie for root, else `coterie` among the user's own state. */
export function defaultStateDir(): string {
  if (process.getuid?.() === 0) return '/var/lib/coterie';
  return join(process.env['XDG_STATE_HOME'] || join(homedir(), '.local', 'state'), 'coterie');
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        foreground: { type: 'boolean', short: 'f', default: false },
        config: { type: 'string', short: 'c', default: '/etc/corosync/corosync.conf' },
        test: { type: 'boolean', short: 't', default: false },
        node: { type: 'string' },
        'run-dir': { type: 'string' },
        'state-dir': { type: 'string' },
        trace: { type: 'string' },
        project: { type: 'string' },
        version: { type: 'boolean', short: 'v', default: false },
        help: { type: 'boolean', short: 'h', default: false },
        detached: { type: 'boolean', default: false },
      },
    });
  } catch (cause) {
    throw new CoterieError('COTERIE_E_USAGE', (cause as Error).message, { cause });
  }
}
