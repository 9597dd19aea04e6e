import { compileSchema } from '../config/schema-compiler.js';
import { coreSchemas } from '../config/schema-sections.js';
import type { PluginManifest, PluginProblem } from './plugin-package.js';

const capabilities = {
  type: 'array',
  items: { type: 'string', pattern: '^[a-z][a-z0-9-]*@[0-9]+$' },
  uniqueItems: true,
  default: [],
};
const number = { type: 'integer', minimum: 0, maximum: 0xffff };
const wireVersion = { type: 'integer', minimum: 0, maximum: 0xff };
const wire = {
  type: 'object',
  properties: { min: wireVersion, max: wireVersion },
  required: ['min', 'max'],
};

const schema = {
  type: 'object',
  properties: {
    manifest: { const: 1 },
    kind: { enum: ['engine', 'transport', 'ipc'] },
    // The name is a section of corosync.conf and a part of database keys.
    name: { type: 'string', pattern: '^[a-z][a-z0-9-]{1,39}$' },
    entry: { type: 'string', minLength: 1 },
    sdk: { type: 'string' },
    service: { type: 'object', properties: { number, wire }, required: ['number'] },
    services: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        properties: { name: { type: 'string', pattern: '^[a-z][a-z0-9-]*$' }, number, wire },
        required: ['name', 'number'],
      },
    },
    transports: { type: 'array', items: { type: 'string', pattern: '^[a-z][a-z0-9-]*$' }, default: [] },
    provides: capabilities,
    requires: capabilities,
    optional: capabilities,
    config: { type: 'string', minLength: 1 },
  },
  required: ['manifest', 'kind', 'name', 'entry', 'sdk'],
};

interface RawManifest extends Omit<PluginManifest, 'services'> {
  readonly service?: { readonly number: number };
  readonly services?: PluginManifest['services'];
}

/** Numbers for future engines of this project. */
const RESERVED = { from: 64, to: 1023 };

type Report = (code: PluginProblem['code'], message: string) => void;

/** Checks the `coterie` key of a package.json; undefined after reporting all that is wrong with it. */
export function readManifest(raw: unknown, report: Report): PluginManifest | undefined {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) {
    report('COTERIE_E_MANIFEST', 'its "coterie" key is not an object');
    return undefined;
  }
  const manifest = structuredClone(raw) as Record<string, unknown>;
  if (manifest.manifest !== 1) {
    const format = JSON.stringify(manifest.manifest) ?? 'missing';
    report('COTERIE_E_MANIFEST_VERSION', `coterie.manifest is ${format}; this daemon reads format 1`);
    return undefined;
  }
  const faults = compileSchema(schema)(manifest);
  for (const { pointer, keyword, key, data, wanted } of faults) {
    const path = `coterie${pointer.replaceAll('/', '.')}`;
    if (keyword === 'required') report('COTERIE_E_MANIFEST', `${path} has no "${key}"`);
    else if (keyword === 'additionalProperties')
      report('COTERIE_E_MANIFEST', `${path} has an unknown key "${key}"`);
    else report('COTERIE_E_MANIFEST', `${path} is ${JSON.stringify(data)}; ${wanted}`);
  }
  if (faults.length > 0) return undefined;
  return checkMeaning(manifest as unknown as RawManifest, report);
}

function checkMeaning(raw: RawManifest, report: Report): PluginManifest | undefined {
  const { service, services: several, ...rest } = raw;
  const services = several ?? (service ? [{ name: raw.name, number: service.number }] : []);
  const faults: [PluginProblem['code'], string][] = [];
  if (service && several) faults.push(['COTERIE_E_MANIFEST', 'it has both "service" and "services"']);
  if (raw.kind === 'engine' && services.length === 0) {
    faults.push(['COTERIE_E_MANIFEST', 'an engine needs a "service" with its number']);
  }
  if (raw.kind === 'transport' && raw.transports.length === 0) {
    faults.push([
      'COTERIE_E_MANIFEST',
      'a transport needs "transports", the names that totem.transport may have',
    ]);
  }
  if (coreSchemas.has(raw.name)) {
    faults.push([
      'COTERIE_E_PLUGIN_NAME',
      `its name "${raw.name}" is that of a section of the daemon itself`,
    ]);
  }
  for (const { number: id, name } of services) {
    if (id < RESERVED.from || id > RESERVED.to) continue;
    faults.push([
      'COTERIE_E_PLUGIN_SERVICE',
      `service ${name} has number ${id}; ${RESERVED.from} to ${RESERVED.to} are reserved, others start at 1024`,
    ]);
  }
  for (const [code, message] of faults) report(code, message);
  if (faults.length > 0) return undefined;
  return { ...rest, services, config: raw.config };
}
