import type { Database, DatabaseValue } from '@coterie/sdk';
import { sameValue } from '../database/value.js';
import type { Configuration, Problem } from './configuration.js';
import { keepNetmtu } from './netmtu.js';
import { Problems } from './problems.js';

/** What a reload does. With an error among the problems, everything stays as it was. */
export interface Reload {
  /** In force afterwards: the new one, with what needs a restart as it was before. */
  readonly configuration: Configuration;
  /** Database keys to delete, and then to set. */
  readonly deleted: readonly string[];
  readonly set: ReadonlyMap<string, DatabaseValue>;
  readonly problems: readonly Problem[];
}

/** Keys that keep their value until the daemon restarts (remove_ro_entries in cfg.c). */
const restartKeys: readonly string[] = [
  'quorum.provider',
  'totem.cluster_name',
  'totem.ip_version',
  'totem.netmtu',
  'totem.threads',
  'totem.transport',
  'totem.version',
  // Transports are told once, when they open.
  'totem.block_unlisted_ips',
  'totem.downcheck',
  'runtime.config.totem.block_unlisted_ips',
  'runtime.config.totem.downcheck',
];
const restartPrefixes: readonly string[] = ['totem.interface.', 'system.'];

/** Below these, a key that is no longer in the file goes, whoever has set it (remove_deleted_entries in cfg.c). */
const clearedPrefixes: readonly string[] = [
  'logging.',
  'nodelist.',
  'nozzle.',
  'quorum.',
  'totem.',
  'uidgid.config.',
];

/**
 * Compares the configuration in force with a newly loaded one.
 * @param database as it is now: clients may have changed it since the last load
 */
export function planReload(
  old: Configuration,
  read: Configuration,
  database: Pick<Database, 'get' | 'keys'>,
): Reload {
  const next = keepNetmtu(old, read);
  const problems = new Problems(next.file);
  checkNodes(old, next, problems);
  const keys = new Map(next.keys);
  for (const key of [...new Set([...old.keys.keys(), ...next.keys.keys()])].sort()) {
    if (needsRestart(key)) keepOld(key, old, keys, problems);
  }
  const set = [...keys].filter(([key, value]) => {
    const now = database.get(key);
    return now === undefined || !sameValue(now, value);
  });
  const cleared = [...clearedPrefixes.flatMap((prefix) => database.keys(prefix)), ...old.keys.keys()];
  const deleted = [...new Set(cleared)].filter((key) => !keys.has(key) && database.get(key) !== undefined);
  return {
    configuration: merged(old, next, keys),
    deleted: deleted.sort(),
    set: new Map(set),
    problems: problems.list,
  };
}

function needsRestart(key: string): boolean {
  return restartKeys.includes(key) || restartPrefixes.some((prefix) => key.startsWith(prefix));
}

function keepOld(
  key: string,
  old: Configuration,
  keys: Map<string, DatabaseValue>,
  problems: Problems,
): void {
  const before = old.keys.get(key);
  const after = keys.get(key);
  if (before && after ? sameValue(before, after) : before === after) return;
  if (!key.startsWith('runtime.')) {
    problems.warning('COTERIE_W_CONFIG_RESTART', 0, `${key} stays as it was until this daemon is restarted.`);
  }
  if (before === undefined) keys.delete(key);
  else keys.set(key, before);
}

function checkNodes(old: Configuration, next: Configuration, problems: Problems): void {
  if (old.local.nodeId !== next.local.nodeId) {
    problems.error(
      'COTERIE_E_CONFIG_RELOAD_LOCAL',
      0,
      `this daemon is node ${old.local.nodeId}; with the new file it would be node ${next.local.nodeId}.`,
    );
  }
  for (const node of next.nodes) {
    const before = old.nodes.find(({ nodeId }) => nodeId === node.nodeId);
    if (before === undefined || (before.address === node.address && before.port === node.port)) continue;
    const [from, to] = [before, node].map(({ address, port }) =>
      port ? `${address} port ${port}` : address,
    );
    problems.error(
      'COTERIE_E_CONFIG_RELOAD_ADDRESS',
      0,
      `the address of node ${node.nodeId} would change from ${from} to ${to}.`,
    );
  }
}

function merged(
  old: Configuration,
  next: Configuration,
  keys: ReadonlyMap<string, DatabaseValue>,
): Configuration {
  return {
    ...next,
    clusterName: old.clusterName,
    transport: old.transport,
    transportSettings: old.transportSettings,
    totem: { ...next.totem, netmtu: old.totem.netmtu },
    system: old.system,
    keys,
    section: (name) => mergedSection(name, old.section(name), next.section(name)),
  };
}

function mergedSection(
  name: string,
  old: Record<string, unknown>,
  next: Record<string, unknown>,
): Record<string, unknown> {
  const kept = restartKeys
    .filter((key) => key.startsWith(`${name}.`))
    .map((key) => key.slice(name.length + 1))
    .filter((key) => old[key] !== next[key]);
  if (kept.length === 0) return next;
  const section = { ...next };
  for (const key of kept) {
    if (key in old) section[key] = old[key];
    else delete section[key];
  }
  return section;
}
