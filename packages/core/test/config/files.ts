import assert from 'node:assert/strict';
import type { Configuration, Loaded, LoadInput } from '../../dist/config/configuration.js';
import { loadConfiguration } from '../../dist/config/load.js';
import { formatProblem } from '../../dist/config/problems.js';

export const totem = 'totem {\nversion: 2\ntransport: udpu\ncluster_name: wire\ncrypto_cipher: none\n}\n';

/** `totem` with further lines, which start at line 6. */
export function totemWith(...lines: string[]): string {
  return totem.replace('}\n', [...lines, '}\n'].join('\n'));
}

export function nodelist(...nodes: string[][]): string {
  return `nodelist {\n${nodes.map((lines) => `node {\n${lines.join('\n')}\n}\n`).join('')}}\n`;
}

export const threeNodes = nodelist(
  ['ring0_addr: 10.0.0.1', 'nodeid: 1', 'name: one'],
  ['ring0_addr: 10.0.0.2', 'nodeid: 2', 'name: two'],
  ['ring0_addr: 10.0.0.3', 'nodeid: 3', 'name: three'],
);

export function load(text: string, more: Partial<LoadInput> = {}): Loaded {
  return loadConfiguration({
    file: 'test.conf',
    text,
    host: { hostname: 'two', addresses: [] },
    pluginSchemas: new Map(),
    transports: ['udp', 'udpu'],
    ...more,
  });
}

/** The configuration of a text that has neither errors nor warnings. */
export function loaded(text: string, more: Partial<LoadInput> = {}): Configuration {
  const { configuration, problems } = load(text, more);
  assert.deepEqual(problems.map(formatProblem), []);
  assert.ok(configuration);
  return configuration;
}

/** `line code` of every problem; the messages of a text that has them are checked by `words`. */
export function problemsOf(text: string, more: Partial<LoadInput> = {}): string[] {
  const { configuration, problems } = load(text, more);
  const failed = problems.some(({ severity }) => severity === 'error');
  assert.equal(configuration === undefined, failed, 'a configuration if and only if there is no error');
  return problems.map(({ line, code }) => `${line} ${code.replace(/^COTERIE_(.)_CONFIG_/, '$1 ')}`);
}

export function messagesOf(text: string, more: Partial<LoadInput> = {}): string {
  return load(text, more).problems.map(formatProblem).join('\n');
}
