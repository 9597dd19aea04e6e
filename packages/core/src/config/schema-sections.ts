import type { SectionSchema } from './configuration.js';
import { choice, name, section, several, text, whole, whole64 } from './schema.js';
import { totemSchema } from './schema-totem.js';

/** PROCESSOR_COUNT_MAX of corosync. */
const MAX_NODES = 384;

const nodelist = section({
  node: several(
    section(
      {
        ring0_addr: text('IP address or host name of the node.'),
        ring0_port: whole('uint16', 'Port instead of mcastport, for several nodes on one address.', {
          minimum: 1,
        }),
        nodeid: whole('uint32', 'Id of the node. Default: made from the IPv4 address.', { minimum: 1 }),
        name: text('Name of the node.'),
        quorum_votes: whole('uint32', 'Votes of the node.', { default: 1 }),
      },
      {
        required: ['ring0_addr'],
        patternProperties: { '^ring[1-7]_addr$': text('Address of the node on a further link (knet).') },
      },
    ),
    { maxItems: MAX_NODES, description: 'A node of the cluster.' },
  ),
});

const priorities = [
  'alert',
  'crit',
  'debug',
  'emerg',
  'err',
  'error',
  'info',
  'notice',
  'warning',
  'trace',
] as const;
const facilities = [
  'auth',
  'authpriv',
  'cron',
  'daemon',
  'ftp',
  'kern',
  'lpr',
  'mail',
  'news',
  'syslog',
  'user',
  'uucp',
  ...Array.from({ length: 8 }, (_, n) => `local${n}`),
];

const onOff = ['yes', 'no', 'on', 'off'] as const;

const logTarget: Record<string, SectionSchema> = {
  to_stderr: choice(onOff, undefined, 'Log to standard error. Default yes.'),
  to_logfile: choice(onOff, undefined, 'Log to logfile. Default no.'),
  to_syslog: choice(onOff, undefined, 'Log to syslog. Default yes.'),
  to_file: choice(onOff, undefined, 'Old name of to_logfile.'),
  logfile: text('Path of the log file.'),
  logfile_priority: choice(priorities, undefined, 'Least severe level in the log file. Default info.'),
  syslog_facility: choice(facilities, undefined, 'Facility of syslog. Default daemon.'),
  syslog_priority: choice(priorities, undefined, 'Least severe level in syslog. Default info.'),
  syslog_level: choice(priorities, undefined, 'Old name of syslog_priority.'),
  debug: choice(
    ['off', 'on', 'trace'],
    undefined,
    'Log debug messages, or those of the trace too. Default off.',
  ),
};

const logging = section({
  ...logTarget,
  timestamp: choice(
    ['off', 'on', 'hires'],
    'hires',
    'Time in front of every line; hires: with milliseconds.',
  ),
  fileline: choice(['on', 'off'], 'off', 'Name the file and line of the code that logs; without effect.'),
  function_name: choice(['on', 'off'], 'off', 'Name the function that logs; without effect.'),
  blackbox: choice(['on', 'off'], 'on', 'Keep a flight recorder; without effect: there always is one.'),
  logger_subsys: several(
    section(
      { ...logTarget, subsys: name('Name of the subsystem: TOTEM, CPG, ...') },
      { required: ['subsys'] },
    ),
    { description: 'Settings of one subsystem.' },
  ),
  logging_daemon: several(
    section(
      { ...logTarget, name: name('Name of the daemon.'), subsys: name('Name of the subsystem.') },
      { required: ['name'] },
    ),
    { description: 'Settings of one daemon; those of corosync are the general ones.' },
  ),
});

const system = section({
  qb_ipc_type: choice(['native', 'shm', 'socket'], 'native', 'How programs linked with libqb are served.'),
  sched_rr: choice(['yes', 'no'], undefined, 'Real-time scheduling; without effect.'),
  priority: text('Scheduling priority; without effect.'),
  move_to_root_cgroup: choice(
    ['yes', 'no', 'auto'],
    undefined,
    'Control group of the daemon; without effect.',
  ),
  allow_knet_handle_fallback: choice(['yes', 'no'], undefined, 'Only for knet.'),
  state_dir: text('Folder of the ring ids and what else outlives a restart.'),
});

/** Limits that a watchdog watches: kept for the programs that read them. */
const watched = {
  type: 'object',
  properties: { poll_period: whole64('Milliseconds between looks.') },
  additionalProperties: { type: 'string' },
};

const resources = section({
  watchdog_device: text('Device of the watchdog.'),
  watchdog_timeout: whole('uint32', 'Seconds.'),
  system: { type: 'object', additionalProperties: watched },
  process: { type: 'object', additionalProperties: watched },
});

/** The sections that belong to no plugin. */
export const coreSchemas: ReadonlyMap<string, SectionSchema> = new Map([
  ['totem', totemSchema],
  ['nodelist', nodelist],
  ['logging', logging],
  ['system', system],
  ['resources', resources],
  [
    'uidgid',
    section({
      uid: several(text('User (name or number) that may use the daemon.')),
      gid: several(text('Group (name or number) whose members may use the daemon.')),
    }),
  ],
  [
    'pload',
    section({ count: whole('uint32', 'Messages to send.'), size: whole('uint32', 'Bytes of each.') }),
  ],
]);
