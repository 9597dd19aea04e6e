import { formatProblem, loadConfiguration, type Configuration } from '@coterie/core';
import type { NodeId } from '@coterie/sdk';
import type { SimulatedPlugin } from './plugins.js';

/** The settings of a section by key; a list is of sections within it. */
export interface Settings {
  readonly [key: string]: string | number | readonly Settings[];
}

/** Settings by section and key, over the defaults of the simulation: `{ totem: { token: 500 } }`. */
export type SectionSettings = Readonly<Record<string, Settings>>;

const defaults: SectionSettings = {
  totem: {
    version: 2,
    cluster_name: 'simulated',
    transport: 'sim',
    crypto_cipher: 'none',
    crypto_hash: 'none',
    token: 1000,
    token_coefficient: 0,
  },
  quorum: { provider: 'corosync_votequorum' },
};

/**
 * Reads the corosync.conf of a simulated cluster as the daemon of `node` does.
 * @throws TypeError with all problems of the settings
 */
export function configure(
  node: NodeId,
  nodes: readonly NodeId[],
  settings: SectionSettings,
  plugins: readonly SimulatedPlugin[],
): Configuration {
  const names = new Set([...Object.keys(defaults), ...Object.keys(settings)]);
  const sections = [...names].map((name) => section(name, { ...defaults[name], ...settings[name] }));
  const list = nodes.map((id) => section('node', { ring0_addr: address(id), nodeid: id }));
  const { configuration, problems } = loadConfiguration({
    file: 'corosync.conf',
    text: [...sections, `nodelist {\n${list.join('')}}\n`].join(''),
    node: `${node}`,
    host: { hostname: 'simulated', addresses: [] },
    pluginSchemas: new Map(plugins.flatMap(({ name, schema }) => (schema ? [[name, schema]] : []))),
    transports: ['sim'],
  });
  if (configuration === undefined) throw new TypeError(problems.map(formatProblem).join('\n'));
  return configuration;
}

function section(name: string, settings: Settings): string {
  const lines = Object.entries(settings).map(([key, value]) =>
    typeof value === 'object' ? value.map((inner) => section(key, inner)).join('') : `  ${key}: ${value}\n`,
  );
  return `${name} {\n${lines.join('')}}\n`;
}

function address(id: NodeId): string {
  return `10.${(id >>> 16) & 0xff}.${(id >>> 8) & 0xff}.${id & 0xff}`;
}
