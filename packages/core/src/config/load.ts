import { value, type DatabaseValue } from '@coterie/sdk';
import type {
  Configuration,
  Loaded,
  LoadInput,
  Problem,
  SectionSchema,
  SystemSettings,
} from './configuration.js';
import { parseCorosyncConf, type Section } from './corosync-conf.js';
import { accessKeys, databaseKeys } from './database-keys.js';
import { didYouMean } from './did-you-mean.js';
import { interpret, type Interpreted } from './interpret.js';
import { loggingSettings } from './logging.js';
import { findLocalNode, readNodes, type ListedNode } from './nodes.js';
import { Problems } from './problems.js';
import { coreSchemas } from './schema-sections.js';
import { shown } from './text.js';
import { CANCEL_HOLD, isYes, runtimeKeys, totemSettings } from './runtime-keys.js';
import { checkTiming, deriveTiming, type TotemTiming } from './totem-timing.js';
import { checkCrypto, checkTransport, mcastport, transportSettings } from './transport.js';

/**
 * Reads, checks and completes a configuration. Pure: everything it needs is in `input`. All problems are
 * reported, in the order of their lines, not only the first.
 */
export function loadConfiguration(input: LoadInput): Loaded {
  const { root, problems } = parseCorosyncConf(input);
  const grants = (input.uidgidFiles ?? []).map((source) => {
    const parsed = parseCorosyncConf(source);
    return { ...parsed, keys: uidgidFile(parsed.root, input, parsed.problems) };
  });
  const configuration = problems.failed ? undefined : check(root, input, problems);
  const all = [problems, ...grants.map((grant) => grant.problems)].flatMap((each) => byLine(each.list));
  if (configuration === undefined || all.some(({ severity }) => severity === 'error'))
    return { problems: all };
  for (const { keys } of grants) for (const [key, granted] of keys) configuration.keys.set(key, granted);
  return { configuration, problems: all };
}

/** The host names in the nodelist: resolve them for {@link LoadInput.host}. Empty for a file that has errors. */
export function hostNames(source: { file: string; text: string }): string[] {
  const { root, problems } = parseCorosyncConf(source);
  if (problems.failed) return [];
  const nodes = sectionsOf(root, 'nodelist').flatMap((nodelist) => sectionsOf(nodelist, 'node'));
  const named = nodes
    .flatMap(({ items }) => items)
    .filter((item) => item.kind === 'entry' && (item.key === 'ring0_addr' || item.key === 'name'))
    .map((item) => (item.kind === 'entry' ? item.value : ''));
  return [...new Set(named)].filter(
    (name) => /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name) && /[A-Za-z]/.test(name),
  );
}

function byLine(problems: readonly Problem[]): Problem[] {
  return problems.toSorted((a, b) => a.line - b.line);
}

type MutableConfiguration = Configuration & { readonly keys: Map<string, DatabaseValue> };

/** What is in a file without syntax errors; undefined if it cannot be used. */
function check(root: Section, input: LoadInput, problems: Problems): MutableConfiguration | undefined {
  const schemas = new Map([...input.pluginSchemas, ...coreSchemas]);
  reportUnowned(root, schemas, problems);
  const sections = new Map<string, Interpreted>();
  for (const [name, schema] of schemas) {
    sections.set(name, interpret(name, sectionsOf(root, name), schema, problems));
  }
  const totem = sections.get('totem') as Interpreted;
  const nodelist = sections.get('nodelist') as Interpreted;
  checkLogging(sections.get('logging') as Interpreted, problems);
  checkCrypto(totem, problems);
  const transport = checkTransport(totem, input.transports, problems);
  const nodes = checkNodelist(root, nodelist, totem, input, problems);
  const timing = checkedTiming(totem, nodes.length, problems);
  const local = localNode(nodes, nodelist, input, problems);
  const settings =
    transport === undefined ? undefined : transportSettings(totem, transport, nodes, local?.node, problems);
  const access = accessKeys(sectionsOf(root, 'uidgid'), input.host, problems);
  if (problems.failed) return undefined;
  const keys = databaseKeys(root, schemas, problems);
  if (problems.failed || transport === undefined || local === undefined || settings === undefined)
    return undefined;
  for (const [key, granted] of access) keys.set(key, granted);
  addNodeKeys(keys, nodes, local);
  addTotemKeys(keys, transport, settings.interface, timing);
  const version = keys.get('totem.config_version')?.value;
  return {
    file: input.file,
    clusterName: settings.clusterName,
    transport,
    totem: totemSettings(timing, local.node.nodeId, settings.netmtu, isYes(keys.get(CANCEL_HOLD), 'no')),
    transportSettings: { ...settings, windowSize: timing.window_size, downcheck: timing.downcheck },
    nodes: nodes.map(({ node }) => node),
    local: local.node,
    logging: loggingSettings(keys),
    system: systemSettings(sections.get('system') as Interpreted),
    configVersion: typeof version === 'bigint' ? version : 0n,
    section: (name) => sections.get(name)?.value ?? {},
    keys,
  };
}

function sectionsOf(parent: Section, name: string): Section[] {
  return parent.items.filter((item): item is Section => item.kind === 'section' && item.name === name);
}

/** Sections and settings at the top that belong to nobody: corosync keeps them, so they only get a warning. */
function reportUnowned(root: Section, schemas: ReadonlyMap<string, SectionSchema>, problems: Problems): void {
  for (const item of root.items) {
    if (item.kind === 'entry') {
      const [first = ''] = item.key.split('.');
      if (schemas.has(first)) {
        problems.error(
          'COTERIE_E_CONFIG_UNKNOWN_KEY',
          item.line,
          `"${item.key}" stands outside of its section: write it into "${first} { }".`,
        );
      } else {
        problems.warning(
          'COTERIE_W_CONFIG_UNOWNED',
          item.line,
          `nothing reads the setting ${shown(item.key)}.`,
        );
      }
    } else if (!schemas.has(item.name)) {
      problems.warning(
        'COTERIE_W_CONFIG_UNOWNED',
        item.line,
        `no installed plugin has the section ${shown(item.name)}.${didYouMean(item.name, schemas.keys())}`,
      );
    }
  }
}

function checkLogging({ value: section, lines }: Interpreted, problems: Problems): void {
  for (const key of ['fileline', 'function_name', 'blackbox']) {
    const line = lines.get(`/${key}`);
    if (line !== undefined)
      problems.warning('COTERIE_W_CONFIG_IGNORED', line, `"logging.${key}" has no effect.`);
  }
  const wanted = section.to_logfile === 'yes' || section.to_logfile === 'on';
  if (wanted && section.logfile === undefined) {
    problems.warning(
      'COTERIE_W_CONFIG_IGNORED',
      lines.get('/to_logfile') ?? 0,
      '"logging.to_logfile" has no effect without a "logfile".',
    );
  }
}

function checkNodelist(
  root: Section,
  nodelist: Interpreted,
  totem: Interpreted,
  { host }: LoadInput,
  problems: Problems,
): ListedNode[] {
  const [first, second] = sectionsOf(root, 'nodelist');
  if (first !== undefined && second !== undefined) {
    problems.error(
      'COTERIE_E_CONFIG_NODELIST',
      second.line,
      `there is already a nodelist in line ${first.line}: corosync would mix up the nodes of both.`,
    );
    return [];
  }
  const clearHighBit = totem.value.clear_node_high_bit === 'yes';
  const nodes = readNodes(nodelist, { host, mcastport: mcastport(totem), clearHighBit }, problems);
  if (!Array.isArray(nodelist.value.node)) {
    problems.error(
      'COTERIE_E_CONFIG_NODELIST',
      first?.line ?? 0,
      'there is no nodelist with nodes; corosync 3 needs one too, whatever the transport.',
    );
  }
  return nodes;
}

function localNode(
  nodes: readonly ListedNode[],
  nodelist: Interpreted,
  { host, node }: LoadInput,
  problems: Problems,
): ListedNode | undefined {
  const uncertain = problems.list.some(({ code }) => code === 'COTERIE_E_CONFIG_DUPLICATE_NODE');
  if (nodes.length === 0 || uncertain) return undefined;
  return findLocalNode(nodes, host, node, problems, nodelist.lines.get('') ?? 0);
}

function checkedTiming(totem: Interpreted, nodes: number, problems: Problems): TotemTiming {
  const read = (name: string): number | undefined => {
    const found = totem.value[name];
    // What the schema has refused is not judged again.
    return typeof found === 'number' && found >= 0 ? found : undefined;
  };
  const timing = deriveTiming(read, nodes);
  for (const { name, message } of checkTiming(timing, (key) => (read(key) ?? 0) !== 0)) {
    problems.error(
      'COTERIE_E_CONFIG_TIMER',
      totem.lines.get(`/${name}`) ?? totem.lines.get('') ?? 0,
      message,
    );
  }
  return timing;
}

function systemSettings({ value: section }: Interpreted): SystemSettings {
  const { state_dir: stateDir, qb_ipc_type: ipcType } = section;
  return {
    stateDir: typeof stateDir === 'string' ? stateDir : undefined,
    ipcType: ipcType as SystemSettings['ipcType'],
  };
}

/** What corosync writes back into the nodelist. */
function addNodeKeys(
  keys: Map<string, DatabaseValue>,
  nodes: readonly ListedNode[],
  local: ListedNode,
): void {
  for (const { node, position } of nodes)
    keys.set(`nodelist.node.${position}.nodeid`, value.u32(node.nodeId));
  keys.set('nodelist.local_node_pos', value.u32(local.position));
  keys.set('totem.interface.0.bindnetaddr', value.string(local.node.address));
}

/** The effective values under `runtime.config.totem.`, and what udp derives. */
function addTotemKeys(
  keys: Map<string, DatabaseValue>,
  transport: string,
  link: Configuration['transportSettings']['interface'],
  timing: TotemTiming,
): void {
  if (transport === 'udp') {
    if (link.mcastaddr !== undefined) keys.set('totem.interface.0.mcastaddr', value.string(link.mcastaddr));
    keys.set('totem.interface.0.mcastport', value.u16(link.mcastport));
  }
  for (const [key, held] of runtimeKeys(timing, (configured) => keys.get(configured))) keys.set(key, held);
}

/** A file of uidgid.d may have uidgid sections and nothing else. */
function uidgidFile(root: Section, { host }: LoadInput, problems: Problems): Map<string, DatabaseValue> {
  if (problems.failed) return new Map();
  for (const item of root.items) {
    const name = item.kind === 'entry' ? item.key : item.name;
    if (item.kind === 'section' && name === 'uidgid') continue;
    problems.error(
      'COTERIE_E_CONFIG_UNKNOWN_KEY',
      item.line,
      `${shown(name)}: only "uidgid { }" is allowed here.`,
    );
  }
  const sections = sectionsOf(root, 'uidgid');
  const schema = coreSchemas.get('uidgid') as SectionSchema;
  interpret('uidgid', sections, schema, problems);
  return accessKeys(sections, host, problems);
}
