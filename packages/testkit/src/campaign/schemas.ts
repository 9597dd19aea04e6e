import type { Codec, Decoded } from '@coterie/sdk';
import { json } from '@coterie/sdk/json';
import type { Fault } from './fault.js';
import type { ResultsData } from './results.js';
import type { Script } from './script.js';

const integer = { type: 'integer', minimum: 0, maximum: 2 ** 32 - 1 };
const number = { type: 'number' };
const time = { type: 'number', minimum: 0 };
const share = { type: 'number', minimum: 0, maximum: 1 };
const text = { type: 'string' };
const node = { type: 'integer', minimum: 1, maximum: 2 ** 32 - 1 };
const nodes = { type: 'array', items: node };
const limit = { anyOf: [time, { type: 'null' }] };
const loss = {
  type: 'object',
  properties: {
    ...{ rate: share, from: node, to: node, largerThan: integer },
    kinds: { type: 'array', items: text },
  },
  required: ['rate'],
  additionalProperties: false,
};

/** All properties are required. */
function record(properties: Record<string, object>): object {
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false };
}

const faults: Readonly<Record<Fault['kind'], Record<string, object>>> = {
  partition: { groups: { type: 'array', items: nodes } },
  oneWay: { from: node, to: node },
  mesh: { from: node, to: node },
  heal: {},
  loss: { loss },
  duplication: { rate: share },
  reordering: { rate: share, lateness: time },
  jitter: { time },
  bandwidth: { bytes: limit },
  crash: { node },
  leave: { node },
  restart: { node },
  start: { node },
  diskFull: { node },
  syncFailure: { node },
  pause: { node, time },
  stall: { node, time },
  wallClock: { node, time: number },
  damage: { node, how: { enum: ['missing', 'short', 'older'] } },
  slowClient: { node, group: text, pace: limit },
  deadClient: { node, group: text },
  groupLeave: { node, group: text },
  reload: { token: { type: 'integer', minimum: 1, maximum: 2 ** 31 } },
  nothing: {},
};

const fault = {
  ...{ type: 'object', properties: { kind: { enum: Object.keys(faults) } }, required: ['kind'] },
  allOf: Object.entries(faults).map(([kind, properties]) => ({
    if: { type: 'object', properties: { kind: { const: kind } } },
    then: record({ kind: {}, ...properties }),
  })),
};

const setting = {
  type: 'object',
  properties: {
    nodes: { anyOf: [node, { ...nodes, minItems: 1, uniqueItems: true }] },
    ...{ seed: integer, uptime: integer, startSeq: integer },
    config: {
      type: 'object',
      additionalProperties: { type: 'object', additionalProperties: { anyOf: [text, number] } },
    },
  },
  required: ['nodes'],
  additionalProperties: false,
};

const script = record({
  cluster: setting,
  token: { type: 'integer', minimum: 1 },
  forgetful: { type: 'boolean' },
  latency: time,
  talk: record({
    seed: integer,
    every: { type: 'number', exclusiveMinimum: 0 },
    chance: share,
    size: node,
    share,
  }),
  ring: { type: 'boolean' },
  steps: { type: 'array', items: record({ at: time, fault }) },
});

const ranges = { type: 'array', items: { type: 'array', items: integer, minItems: 2, maxItems: 2 } };
const results = record({
  format: { const: 1 },
  code: record({ version: text, hash: text }),
  machines: {
    type: 'array',
    items: record({ processor: text, cores: integer, workers: integer, system: text, node: text }),
  },
  figures: record({
    ...{ random: time, exhaustive: time, events: time, packets: time, simulated: time, seconds: time },
  }),
  ...{ seeds: ranges, exhaustive: ranges },
  coverage: { type: 'object', additionalProperties: { type: 'object', additionalProperties: time } },
  failures: {
    type: 'array',
    items: {
      type: 'object',
      properties: { name: text, kind: { enum: ['violation', 'crash', 'hang'] }, what: text, script },
      required: ['name', 'kind', 'what'],
      additionalProperties: false,
    },
  },
});

/** The schedule that a file holds, or why there is none. */
export function decodeScript(bytes: Uint8Array): Decoded<Script> {
  return decode(json<Script>(script), bytes);
}

/** The results that a file holds, or why there are none. */
export function decodeResults(bytes: Uint8Array): Decoded<ResultsData> {
  return decode(json<ResultsData>(results), bytes);
}

function decode<T>(codec: Codec<T>, { buffer, byteOffset, length }: Uint8Array): Decoded<T> {
  return codec.decode(new DataView(buffer, byteOffset, length), 0, length);
}
