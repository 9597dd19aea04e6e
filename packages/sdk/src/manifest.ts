import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';

/** A service engine of a plugin, and the versions of its messages that it understands. */
export interface ManifestService {
  readonly name: string;
  readonly number: number;
  readonly wire: { readonly min: number; readonly max: number };
}

/** The `coterie` key of a plugin's package.json, checked, with everything left out filled in. */
export interface Manifest {
  readonly manifest: 1;
  readonly kind: 'engine' | 'transport' | 'ipc';
  readonly name: string;
  /** The module that exports `plugin`: a path relative to the package. */
  readonly entry: string;
  /** The versions of @coterie/sdk that the plugin works with. */
  readonly sdk: string;
  readonly services: readonly ManifestService[];
  /** Names that `totem.transport` can select. */
  readonly transports: readonly string[];
  /** Capabilities, `name@major`. */
  readonly provides: readonly string[];
  readonly requires: readonly string[];
  readonly optional: readonly string[];
  /** The JSON Schema of the plugin's section of corosync.conf: a path relative to the package. */
  readonly config: string | undefined;
}

/** As written: what may be left out is. A plugin's only engine stands under `service` and may go by the plugin's name. */
interface Written extends Partial<Omit<Manifest, 'services'>> {
  readonly service?: WrittenService;
  readonly services?: readonly WrittenService[];
}
type WrittenService = Partial<ManifestService> & Pick<ManifestService, 'number'>;

const NAME = '[a-z][a-z0-9-]{1,39}';
const RELATIVE = '\\./(?!\\.\\.(/|$))(?!.*/\\.\\.(/|$))[^\\\\]+';
const VERSION = '\\d+(\\.(\\d+|x|\\*)){0,2}(-[0-9A-Za-z.-]+)?';
const BOUNDED = `([~^=]?${VERSION}|>=?${VERSION} <=?${VERSION}|${VERSION} - ${VERSION})`;

/** Each description completes the sentence "... is not". */
const name = {
  type: 'string',
  pattern: `^${NAME}$`,
  description: 'a name: a lower-case letter, then 1 to 39 of a-z, 0-9 and -',
};
const wireVersion = {
  type: 'integer',
  minimum: 1,
  maximum: 255,
  description: 'a version of messages, 1 to 255',
};
const capabilities = {
  type: 'array',
  items: {
    type: 'string',
    pattern: `^${NAME}@[1-9][0-9]{0,4}$`,
    description: 'a capability like "counter@1"',
  },
  uniqueItems: true,
  description: 'a list of different capabilities like ["counter@1"]',
};
const service = {
  type: 'object',
  properties: {
    name,
    number: {
      type: 'integer',
      minimum: 0,
      maximum: 65535,
      description:
        "a service number: 0 to 63 are corosync's own, 64 to 1023 Coterie's, 1024 to 65535 are for everybody",
    },
    wire: {
      type: 'object',
      properties: { min: wireVersion, max: wireVersion },
      required: ['min', 'max'],
      additionalProperties: false,
      description: 'a range of versions like { "min": 1, "max": 1 }',
    },
  },
  required: ['number'],
  additionalProperties: false,
  description: 'a service like { "number": 1027, "wire": { "min": 1, "max": 1 } }',
};

/** The JSON Schema (2020-12) of the `coterie` key, for editors and tools; {@link validateManifest} checks more. */
export const manifestSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  properties: {
    manifest: { const: 1, description: '1, the version of the manifest that this SDK knows' },
    kind: { enum: ['engine', 'transport', 'ipc'], description: '"engine", "transport" or "ipc"' },
    name,
    entry: {
      type: 'string',
      pattern: `^${RELATIVE}\\.[cm]?js$`,
      description: 'the path of a module within the package like "./dist/plugin.js"',
    },
    sdk: {
      type: 'string',
      maxLength: 200,
      pattern: `^${BOUNDED}( \\|\\| ${BOUNDED})*$`,
      description: 'a range of SDK versions with both ends like "^1.2.0" or ">=1.2.0 <3.0.0"',
    },
    service,
    services: {
      type: 'array',
      items: { ...service, required: ['name', 'number'] },
      minItems: 1,
      description: 'a list of services like [{ "name": "counter", "number": 1027 }]',
    },
    transports: {
      type: 'array',
      items: name,
      minItems: 1,
      uniqueItems: true,
      description: 'a list of different names that totem.transport can select',
    },
    provides: capabilities,
    requires: capabilities,
    optional: capabilities,
    config: {
      type: 'string',
      pattern: `^${RELATIVE}\\.json$`,
      description: 'the path of a JSON Schema within the package like "./config.schema.json"',
    },
  },
  required: ['manifest', 'kind', 'name', 'entry', 'sdk'],
  additionalProperties: false,
  allOf: [
    { if: kindIs('engine'), then: { anyOf: [{ required: ['service'] }, { required: ['services'] }] } },
    { if: kindIs('transport'), then: { required: ['transports'] } },
    {
      if: kindIs('transport', 'ipc'),
      then: { properties: { service: misplaced('engine'), services: misplaced('engine') } },
    },
    { if: kindIs('engine', 'ipc'), then: { properties: { transports: misplaced('transport') } } },
    {
      if: { required: ['services'] },
      then: { properties: { service: { not: {}, description: 'allowed beside coterie.services' } } },
    },
  ],
  description: 'an object',
};

function kindIs(...some: Manifest['kind'][]): object {
  return { properties: { kind: { enum: some } }, required: ['kind'] };
}

function misplaced(kind: Manifest['kind']): object {
  return { not: {}, description: `allowed: it is for kind "${kind}" only` };
}

const ajv = new Ajv2020({
  allErrors: true,
  verbose: true,
  strictTypes: false,
  // The schema stands below: checking it costs more than compiling it.
  validateSchema: false,
});
const fits = ajv.compile<Written>(manifestSchema);

/** Checks the value of a package.json's `coterie` key. Each problem is a sentence that names the key at fault. */
export function validateManifest(
  json: unknown,
): { readonly manifest: Manifest } | { readonly problems: readonly string[] } {
  if (!fits(json)) return { problems: describe(fits.errors ?? []) };
  const written = json as Written & Pick<Manifest, 'manifest' | 'kind' | 'name' | 'entry' | 'sdk'>;
  const services = [...(written.services ?? []), ...(written.service ? [written.service] : [])].map(
    (given) => ({
      name: given.name ?? written.name,
      number: given.number,
      wire: given.wire ?? { min: 1, max: 1 },
    }),
  );
  const problems = conflicts(services);
  if (problems.length > 0) return { problems };
  return {
    manifest: {
      manifest: written.manifest,
      kind: written.kind,
      name: written.name,
      entry: written.entry,
      sdk: written.sdk,
      services,
      transports: written.transports ?? [],
      provides: written.provides ?? [],
      requires: written.requires ?? [],
      optional: written.optional ?? [],
      config: written.config,
    },
  };
}

/** What a schema cannot say. */
function conflicts(services: readonly ManifestService[]): string[] {
  const problems: string[] = [];
  services.forEach(({ name, number, wire }, i) => {
    if (wire.min > wire.max) {
      problems.push(
        `coterie.services: service ${number} speaks versions ${wire.min} to ${wire.max}, which is none`,
      );
    }
    for (const other of services.slice(0, i)) {
      if (other.number === number) problems.push(`coterie.services: two services have the number ${number}`);
      if (other.name === name) {
        problems.push(`coterie.services: services ${other.number} and ${number} are both named "${name}"`);
      }
    }
  });
  return problems;
}

/** One sentence for each place at fault, in the order in which they stand. */
function describe(errors: readonly ErrorObject[]): string[] {
  const sentences = new Map<string, string>();
  for (const error of errors) {
    // That a branch was not met: the errors within it say why.
    if (error.keyword === 'if' || error.keyword === 'anyOf') continue;
    const [path, sentence] = describeOne(error);
    if (!sentences.has(path)) sentences.set(path, `${path} ${sentence}`);
  }
  return [...sentences.values()];
}

type Described = { description?: string; properties?: Record<string, Described> };

function describeOne({ keyword, instancePath, params, parentSchema, data }: ErrorObject): [string, string] {
  const path = `coterie${instancePath.replace(/\/(\d+)/g, '[$1]').replaceAll('/', '.')}`;
  const schema = parentSchema as Described;
  if (keyword === 'required') {
    const key = (params as { missingProperty: string }).missingProperty;
    const properties: Record<string, Described> = schema.properties ?? manifestSchema.properties;
    return [`${path}.${key}`, `is missing; it must be ${properties[key]?.description}`];
  }
  if (keyword === 'additionalProperties') {
    const key = (params as { additionalProperty: string }).additionalProperty;
    return [`${path}.${key}`, `is not known; known are ${Object.keys(schema.properties ?? {}).join(', ')}`];
  }
  return [path, `is ${excerpt(data)}, which is not ${schema.description}`];
}

function excerpt(data: unknown): string {
  const text = JSON.stringify(data) ?? 'nothing';
  return text.length <= 60 ? text : `${text.slice(0, 57)}...`;
}
