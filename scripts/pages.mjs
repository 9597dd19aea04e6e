/** The pages of docs/ that are made from the sources. `npm run docs` writes them; test/house keeps them up to date. */
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { errors } from '@coterie/sdk';
import { coreSchemas } from '../packages/core/dist/config/schema-sections.js';
import { knownBugsPage } from '../test/dist-test/known-bugs/page.js';
import { apiReports } from './api-report.mjs';
import { simulationPage } from './simulation-page.mjs';
import { plantedBugsPage } from '../test/dist-test/planted/page.js';

const root = join(import.meta.dirname, '..');

/** The text of each generated page, by its path. */
export function pages() {
  return {
    'docs/errors.md': errorsPage(),
    'docs/configuration.md': configurationPage(),
    'docs/known-bugs.md': knownBugsPage(table),
    'docs/simulation.md': simulationPage(readJson('docs/simulation.json'), table),
    'docs/planted-bugs.md': plantedBugsPage(table),
    ...apiReports(),
  };
}

function errorsPage() {
  const sections = Object.entries(errors)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([code, { meaning, remedy }]) => `## ${code}\n\n${meaning}\n\n_What to do:_ ${remedy}\n`);
  return `# Error codes

Generated from \`packages/sdk/src/errors.ts\`. A code never changes its meaning; the message beside it names the file, line,
package or node at fault.

${sections.join('\n')}`;
}

function configurationPage() {
  const sections = [...coreSchemas, ...pluginSchemas()].flatMap(([name, schema]) =>
    section([name], schema, 2),
  );
  return `# Configuration

\`coteried\` reads \`corosync.conf\`. Keys that corosync 3.1 has mean what they mean there, with the same defaults; plugins add
a section each. \`coterie config check FILE\` reports everything that is wrong with a file at once, each problem with its line
and code; where lines cannot be read at all, first those. The tables below are generated from the schemas that check the file.

## Syntax

A line is blank, a comment (its first character other than a blank is \`#\`), \`name {\`, \`}\` or \`key: value\`. There are no
comments behind a value, and a line is shorter than 511 characters.

## Where Coterie differs from corosync

- \`totem.transport\` must name a transport that is installed; knet is not available.
- On udp and udpu packets travel in plaintext, and that has to be asked for: \`crypto_cipher: none\`. Without it the daemon refuses
  to start and says which line to add.
- \`nodelist.node.ring0_port\` is Coterie's own: a port for that node alone, so that several nodes can share an address.
- An unknown key, a wrong type or a value out of range is an error with file and line, not a surprise later.

${sections.join('\n')}`;
}

/** The sections of this project's own plugins. */
function pluginSchemas() {
  return readdirSync(join(root, 'packages'))
    .sort()
    .map((name) => join(root, 'packages', name))
    .filter((folder) => existsSync(join(folder, 'config.schema.json')))
    .map((folder) => {
      const { coterie } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
      return [coterie.name, JSON.parse(readFileSync(join(folder, 'config.schema.json'), 'utf8'))];
    });
}

function readJson(path) {
  return JSON.parse(readFileSync(join(root, path), 'utf8'));
}

/** A heading, what the section is, a table of its keys, and then the sections in it. */
function section(path, schema, depth) {
  const required = new Set(schema.required ?? []);
  const entries = Object.entries(schema.properties ?? {});
  const rows = entries
    .filter(([, property]) => !isSection(property))
    .map(([key, property]) => [
      `\`${key}\``,
      values(property),
      property.default === undefined ? (required.has(key) ? 'required' : '') : `\`${property.default}\``,
      description(property),
    ]);
  const inner = entries
    .filter(([, property]) => isSection(property))
    .flatMap(([key, property]) => section([...path, key], { ...property, ...property.items }, depth + 1));
  return [
    `${'#'.repeat(depth)} ${path.join('.')}\n`,
    ...(schema.description === undefined ? [] : [`${schema.description}\n`]),
    ...(rows.length === 0 ? [] : [table(['Key', 'Value', 'Default', 'Meaning'], rows)]),
    ...inner,
  ];
}

function isSection(property) {
  const { type } = property.type === 'array' ? property.items : property;
  return type === 'object';
}

function values(property) {
  const {
    anyOf,
    const: only,
    enum: choices,
    type,
    minimum,
    maximum,
    'x-unit': unit,
  } = property.items ?? property;
  if (anyOf !== undefined) return anyOf.map(values).join(', ');
  if (only !== undefined) return `\`${only}\``;
  if (choices !== undefined) return choices.map((choice) => `\`${choice}\``).join(', ');
  if (type !== 'integer') return 'text';
  return `${minimum ?? 0} to ${maximum ?? 2 ** 32 - 1}${unit === undefined ? '' : ` ${unit}`}`;
}

function description(property) {
  const text = property.description ?? property.items?.description ?? '';
  return (property.type === 'array' ? `${text} May be there several times.` : text).replaceAll('|', '\\|');
}

/** In the format that prettier keeps. */
function table(head, rows) {
  const widths = head.map((cell, i) => Math.max(3, cell.length, ...rows.map((row) => row[i].length)));
  const line = (cells) => `| ${cells.map((cell, i) => cell.padEnd(widths[i])).join(' | ')} |\n`;
  return line(head) + line(widths.map((width) => '-'.repeat(width))) + rows.map(line).join('');
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  for (const [path, text] of Object.entries(pages())) writeFileSync(join(root, path), text);
}
