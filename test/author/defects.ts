import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** A way in which a plugin can be wrong. */
export interface Defect {
  /** Completes "a plugin ...". */
  readonly title: string;
  /** The plugin's package `odd`, over one that is in order; undefined: it is not there. */
  readonly odd?: Package | undefined;
  /** Beside it, where two are needed. */
  readonly other?: Package;
  /** The lines of its section in corosync.conf. */
  readonly section?: string;
  /** Seen only when the plugin's code runs. */
  readonly running?: true;
  /** What the daemon says first. */
  readonly code: string;
}

interface Package {
  readonly manifest?: Readonly<Record<string, unknown>>;
  /** By path; null: not there; a path behind `-> ` is linked. */
  readonly files?: Readonly<Record<string, string | null>>;
}

const SCHEMA = {
  type: 'object',
  properties: { keep: { type: 'integer', minimum: 1, maximum: 100 } },
};

/** An engine; `body` is that of its class. */
function engine(body: string, service = 2000): string {
  return `import { Config, ServiceEngine, definePlugin, inject, token } from '@coterie/sdk';
class OddEngine { ${body} }
ServiceEngine({ name: 'odd', service: ${service} })(OddEngine);
if (OddEngine.wants) inject(OddEngine.wants)(OddEngine, undefined, 0);
export const plugin = definePlugin({ engines: [OddEngine] });
`;
}

const entry = (text: string): Package => ({ files: { 'dist/plugin.js': text } });

export const defects: readonly Defect[] = [
  { title: 'is a dependency, and is not installed', odd: undefined, code: 'COTERIE_E_PLUGIN_NOT_INSTALLED' },
  {
    title: 'has a manifest of a version to come',
    odd: { manifest: { manifest: 9 } },
    code: 'COTERIE_E_MANIFEST_VERSION',
  },
  {
    title: 'has a key in its manifest that there is not',
    odd: { manifest: { require: ['cpg@1'] } },
    code: 'COTERIE_E_MANIFEST',
  },
  {
    title: 'has the name of a section that is the daemon’s',
    odd: { manifest: { name: 'totem' } },
    code: 'COTERIE_E_PLUGIN_NAME',
  },
  {
    title: 'works with every SDK to come, as it says',
    odd: { manifest: { sdk: '>=0.1.0' } },
    code: 'COTERIE_E_PLUGIN_SDK_RANGE',
  },
  {
    title: 'works with another SDK than the daemon’s',
    odd: { manifest: { sdk: '^9.0.0' } },
    code: 'COTERIE_E_PLUGIN_SDK_VERSION',
  },
  {
    title: 'brings an SDK of another line of versions',
    odd: {
      files: { 'node_modules/@coterie/sdk/package.json': '{ "name": "@coterie/sdk", "version": "9.0.0" }' },
    },
    code: 'COTERIE_E_SDK_DUPLICATE',
  },
  {
    title: 'was not built: its entry is missing',
    odd: { files: { 'dist/plugin.js': null } },
    code: 'COTERIE_E_PLUGIN_ENTRY',
  },
  {
    title: 'has its entry outside of its package',
    odd: { files: { 'dist/plugin.js': '-> ../../../package.json' } },
    code: 'COTERIE_E_PLUGIN_ENTRY',
  },
  {
    title: 'takes a service number that is reserved',
    odd: { manifest: { service: { number: 100 } } },
    code: 'COTERIE_E_PLUGIN_RESERVED',
  },
  {
    title: 'has the service number of another',
    odd: {},
    other: { manifest: { name: 'other', provides: [] } },
    code: 'COTERIE_E_PLUGIN_DUPLICATE',
  },
  {
    title: 'has the name of another',
    odd: {},
    other: { manifest: { service: { name: 'other', number: 2001 }, provides: [] } },
    code: 'COTERIE_E_PLUGIN_DUPLICATE',
  },
  {
    title: 'requires what nothing provides',
    odd: { manifest: { requires: ['quorum@2'] } },
    code: 'COTERIE_E_PLUGIN_REQUIRES',
  },
  {
    title: 'requires a plugin that requires it',
    odd: { manifest: { requires: ['other@1'] } },
    other: {
      manifest: { name: 'other', service: { number: 2001 }, provides: ['other@1'], requires: ['odd@1'] },
    },
    code: 'COTERIE_E_PLUGIN_CYCLE',
  },
  {
    title: 'has a schema that is none',
    odd: {
      files: {
        'config.schema.json': '{ "type": "object", "properties": { "keep": { "type": "number of lines" } } }',
      },
    },
    code: 'COTERIE_E_PLUGIN_SCHEMA',
  },
  {
    title: 'is given a setting that it does not know',
    odd: {},
    section: 'kepe: 10',
    code: 'COTERIE_E_CONFIG_UNKNOWN_KEY',
  },
  { title: 'is given a value out of its range', odd: {}, section: 'keep: 0', code: 'COTERIE_E_CONFIG_VALUE' },
  {
    title: 'says another number in its decorator than in its manifest',
    odd: entry(engine('', 2001)),
    running: true,
    code: 'COTERIE_E_PLUGIN_MISMATCH',
  },
  {
    title: 'exports nothing that is a plugin',
    odd: entry('export default {};\n'),
    running: true,
    code: 'COTERIE_E_PLUGIN_EXPORT',
  },
  {
    title: 'throws when it is imported',
    odd: entry("throw new Error('out of order');\n"),
    running: true,
    code: 'COTERIE_E_PLUGIN_IMPORT',
  },
  {
    title: 'has a native part for other platforms only',
    odd: entry(
      "import { createRequire } from 'node:module';\n" +
        "createRequire(import.meta.url)('node-gyp-build')(new URL('..', import.meta.url).pathname);\n",
    ),
    running: true,
    code: 'COTERIE_E_PLUGIN_IMPORT',
  },
  {
    title: 'has a constructor parameter without @inject',
    odd: entry(engine('constructor(cluster) {}')),
    running: true,
    code: 'COTERIE_E_INJECT_PARAMETER',
  },
  {
    title: 'extends a class that asks for something, and has no constructor',
    odd: entry(
      engine('').replace(
        'class OddEngine',
        'class Wise { constructor(config) {} }\ninject(Config)(Wise, undefined, 0);\nclass OddEngine extends Wise',
      ),
    ),
    running: true,
    code: 'COTERIE_E_INJECT_INHERITED',
  },
  {
    title: 'asks for what nobody provides',
    odd: entry(engine("static wants = token('Oracle'); constructor(oracle) {}")),
    running: true,
    code: 'COTERIE_E_INJECT_TOKEN',
  },
  {
    title: 'has a constructor that throws',
    odd: entry(engine("constructor() { throw new Error('out of order'); }")),
    running: true,
    code: 'COTERIE_E_INJECT_CONSTRUCTOR',
  },
  {
    title: 'never ends its start',
    odd: entry(engine('start() { return new Promise(() => {}); }')),
    running: true,
    code: 'COTERIE_E_PLUGIN_TIMEOUT',
  },
];

/** Writes the plugins of a defect into the node_modules of a daemon's folder; returns the dependencies. */
export function install({ odd, other }: Defect, project: string): Record<string, string> {
  if (odd !== undefined) write(join(project, 'node_modules/odd'), 'odd', odd);
  if (other !== undefined) write(join(project, 'node_modules/other'), 'other', other);
  return { odd: '*', ...(other === undefined ? {} : { other: '*' }) };
}

function write(folder: string, name: string, { manifest, files }: Package): void {
  const coterie = {
    ...{ manifest: 1, kind: 'engine', name: 'odd', entry: './dist/plugin.js', sdk: '^0.1.0' },
    ...{ service: { number: 2000 }, provides: ['odd@1'], config: './config.schema.json' },
    ...manifest,
  };
  const all: Record<string, string | null> = {
    'package.json': JSON.stringify({ name, version: '1.0.0', type: 'module', coterie }),
    'config.schema.json': JSON.stringify(SCHEMA),
    'dist/plugin.js': engine(''),
    ...files,
  };
  for (const [path, text] of Object.entries(all)) {
    if (text === null) continue;
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    if (text.startsWith('-> ')) symlinkSync(text.slice(3), join(folder, path));
    else writeFileSync(join(folder, path), text);
  }
}
