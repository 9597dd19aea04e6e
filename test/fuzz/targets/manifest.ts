import assert from 'node:assert/strict';
import { planPlugins } from '@coterie/core';
import { errors } from '@coterie/sdk';
import { Mutator, texts, type Material } from '../mutate.js';
import { decoder, type Target } from '../target.js';

const engine = {
  name: 'counter',
  version: '1.0.0',
  coterie: {
    ...{ manifest: 1, kind: 'engine', name: 'counter', entry: './plugin.js', sdk: '^0.1.0' },
    services: [{ name: 'counter', number: 1027, wire: { min: 1, max: 2 } }],
    ...{ provides: ['counter@1'], requires: [], optional: ['quorum@1'], config: './schema.json' },
  },
};
const transport = {
  name: 'counter',
  coterie: {
    manifest: 1,
    kind: 'transport',
    name: 'wire',
    entry: './plugin.js',
    sdk: '>=0.1.0 <2',
    transports: ['w'],
  },
};

const material: Material = {
  seeds: texts(JSON.stringify(engine), JSON.stringify(transport), JSON.stringify(engine, undefined, 1)),
  words: [
    ...texts(
      '"coterie":',
      '"manifest":2',
      '"kind":"ipc"',
      '"name":"totem"',
      '"entry":"../../etc/passwd"',
      '"sdk":"*"',
    ),
    ...texts(
      '"sdk":"^0.1.0"',
      '"number":-1',
      '"number":65536',
      '"number":2',
      '"wire":{"min":9}',
      'null',
      '[]',
      '{}',
    ),
    ...texts(
      '"__proto__":{}',
      '"requires":["counter@1"]',
      '1e999',
      '{"a":',
      '[[',
      ']]',
      ',',
      '"',
      '\\u0000',
      '\ufeff',
    ),
    ...texts('x'.repeat(300), '"config":"./plugin.js"'),
  ],
};
const mutator = new Mutator(8000);

const root = '/daemon';
const folder = `${root}/node_modules/counter`;
const present = new Map([
  [`${root}/package.json`, JSON.stringify({ dependencies: { counter: '1' } })],
  [`${folder}/plugin.js`, ''],
  [`${folder}/schema.json`, JSON.stringify({ type: 'object', properties: { start: { type: 'integer' } } })],
]);
const sdk = { version: '0.1.0', directory: '/sdk' };

export const manifest: Target = decoder({
  name: 'manifest',
  about: "texts of a plugin's package.json",
  inputs: 500_000,
  generate: (random) => mutator.next(random, material),
  decode(bytes) {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString();
    const files = new Map([...present, [`${folder}/package.json`, text]]);
    const { order, problems } = planPlugins(root, sdk, {
      readFile: (path) => files.get(path),
      realpath: (path) => (files.has(path) || path === folder ? path : undefined),
    });
    const failed = problems.some(({ severity }) => severity === 'error');
    assert.ok(problems.every(({ code }) => code in errors));
    assert.ok(
      order.every(({ directory, entry }) => !failed && directory === folder && entry.startsWith(folder)),
    );
    return failed ? 'refused' : order.length === 0 ? 'no plugin' : 'accepted';
  },
});
