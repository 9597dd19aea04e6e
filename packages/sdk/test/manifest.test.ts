import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { validateManifest } from '@coterie/sdk/manifest';

const engine = {
  manifest: 1,
  kind: 'engine',
  name: 'counter',
  entry: './dist/plugin.js',
  sdk: '^1.0.0',
  service: { number: 1027, wire: { min: 1, max: 2 } },
};
const transport = {
  manifest: 1,
  kind: 'transport',
  name: 'udp',
  entry: './dist/plugin.js',
  sdk: '^1.0.0',
  transports: ['udp', 'udpu'],
};

function problems(json: unknown): readonly string[] {
  const result = validateManifest(json);
  assert('problems' in result, 'accepted although it should not be');
  return result.problems;
}

function accepted(json: unknown) {
  const result = validateManifest(json);
  if ('problems' in result) assert.fail(result.problems.join('\n'));
  return result.manifest;
}

describe('validateManifest', () => {
  it('fills in what an engine leaves out', () => {
    assert.deepEqual(accepted(engine), {
      manifest: 1,
      kind: 'engine',
      name: 'counter',
      entry: './dist/plugin.js',
      sdk: '^1.0.0',
      services: [{ name: 'counter', number: 1027, wire: { min: 1, max: 2 } }],
      transports: [],
      provides: [],
      requires: [],
      optional: [],
      config: undefined,
    });
  });

  it('takes several services, a transport’s names and a front-end', () => {
    const two = [
      { name: 'quorum', number: 3 },
      { name: 'votequorum', number: 5 },
    ];
    assert.deepEqual(accepted({ ...engine, service: undefined, services: two }).services, [
      { name: 'quorum', number: 3, wire: { min: 1, max: 1 } },
      { name: 'votequorum', number: 5, wire: { min: 1, max: 1 } },
    ]);
    assert.deepEqual(accepted(transport).transports, ['udp', 'udpu']);
    accepted({ manifest: 1, kind: 'ipc', name: 'qb', entry: './plugin.mjs', sdk: '1' });
    const all = { provides: ['counter@1'], requires: ['cpg@1'], optional: ['quorum@12'], config: './c.json' };
    accepted({ ...engine, ...all });
  });

  it('says what is missing and what it should be', () => {
    assert.deepEqual(problems({ manifest: 1, kind: 'engine', name: 'counter', service: { number: 1027 } }), [
      'coterie.entry is missing; it must be the path of a module within the package like "./dist/plugin.js"',
      'coterie.sdk is missing; it must be a range of SDK versions with both ends like "^1.2.0" or ">=1.2.0 <3.0.0"',
    ]);
    assert.match(problems({ ...engine, service: undefined })[0]!, /^coterie\.service is missing; .*1027/);
    assert.match(
      problems({ ...engine, services: [{ number: 3 }] }).join('\n'),
      /services\[0\]\.name is missing/,
    );
    assert.match(problems({ ...transport, transports: undefined })[0]!, /^coterie\.transports is missing/);
  });

  it('reports everything at once, each place once', () => {
    const wrong = {
      manifest: 2,
      kind: 'engin',
      name: 'Counter',
      entry: '/etc/x.js',
      sdk: '*',
      service: { number: 70_000 },
    };
    assert.deepEqual(
      problems(wrong).map((problem) => problem.split(', which')[0]),
      [
        'coterie.manifest is 2',
        'coterie.kind is "engin"',
        'coterie.name is "Counter"',
        'coterie.entry is "/etc/x.js"',
        'coterie.sdk is "*"',
        'coterie.service.number is 70000',
      ],
    );
    assert.deepEqual(problems(null), ['coterie is null, which is not an object']);
    assert.equal(problems({}).length, 5);
  });

  it('names the keys there are for one there is not', () => {
    assert.deepEqual(problems({ ...engine, servise: [] }), [
      'coterie.servise is not known; known are manifest, kind, name, entry, sdk, service, services, transports, provides, requires, optional, config',
    ]);
    assert.deepEqual(problems({ ...engine, service: { number: 3, id: 3 } }), [
      'coterie.service.id is not known; known are name, number, wire',
    ]);
  });

  it('keeps services to engines and transports to transports', () => {
    assert.deepEqual(problems({ ...transport, service: { number: 1027 } }), [
      'coterie.service is {"number":1027}, which is not allowed: it is for kind "engine" only',
    ]);
    assert.match(
      problems({ ...engine, transports: ['udp'] })[0]!,
      /^coterie\.transports is .* kind "transport" only$/,
    );
  });

  for (const sdk of [
    '',
    '*',
    'x',
    'latest',
    '>=1.0.0',
    '>1',
    '<2',
    '^1 || *',
    '1.0.0 || >=2',
    ' ^1.0.0',
    'workspace:*',
  ]) {
    it(`refuses the SDK range "${sdk}"`, () => {
      assert.match(
        problems({ ...engine, sdk })[0]!,
        /^coterie\.sdk is .*, which is not a range of SDK versions with both/,
      );
    });
  }
  for (const sdk of [
    '1',
    '1.x',
    '~1.2',
    '^0.1.0',
    '1.2.3-rc.1',
    '>=1.2.0 <3.0.0',
    '1.0.0 - 2.0.0',
    '^1.0.0 || ^2.0.0',
  ]) {
    it(`takes the SDK range "${sdk}"`, () => void accepted({ ...engine, sdk }));
  }

  for (const number of [-1, 65536, 1.5, '1027', null]) {
    it(`refuses the service number ${JSON.stringify(number)}`, () => {
      assert.deepEqual(problems({ ...engine, service: { number } }), [
        `coterie.service.number is ${JSON.stringify(number)}, which is not a service number: 0 to 63 are corosync's own, 64 to 1023 Coterie's, 1024 to 65535 are for everybody`,
      ]);
    });
  }
  for (const number of [0, 63, 64, 1024, 65535]) {
    it(`takes the service number ${number}`, () => void accepted({ ...engine, service: { number } }));
  }

  for (const entry of [
    'dist/plugin.js',
    './../x.js',
    './a/../../x.js',
    '..',
    './x.ts',
    './',
    '/x.js',
    './a\\..\\x.js',
  ]) {
    it(`refuses the entry "${entry}"`, () => {
      assert.match(
        problems({ ...engine, entry })[0]!,
        /^coterie\.entry is .*, which is not the path of a module/,
      );
    });
  }

  it('refuses services that clash', () => {
    const services = (...given: object[]) => problems({ ...engine, service: undefined, services: given });
    assert.deepEqual(services({ name: 'one', number: 2000 }, { name: 'two', number: 2000 }), [
      'coterie.services: two services have the number 2000',
    ]);
    assert.deepEqual(services({ name: 'one', number: 2000 }, { name: 'one', number: 2001 }), [
      'coterie.services: services 2000 and 2001 are both named "one"',
    ]);
    assert.deepEqual(problems({ ...engine, service: { number: 2000, wire: { min: 2, max: 1 } } }), [
      'coterie.services: service 2000 speaks versions 2 to 1, which is none',
    ]);
    assert.match(services()[0]!, /^coterie\.services is \[\], which is not a list of services/);
    assert.deepEqual(problems({ ...engine, services: [{ name: 'one', number: 2000 }] }), [
      'coterie.service is {"number":1027,"wire":{"min":1,"max":2}}, which is not allowed beside coterie.services',
    ]);
  });

  it('survives anything', () => {
    const near = fc.record(
      Object.fromEntries(Object.keys({ ...engine, ...transport }).map((key) => [key, fc.jsonValue()])),
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(fc.jsonValue(), near), (json) => {
        const result = validateManifest(json);
        if ('problems' in result) {
          assert(result.problems.length > 0);
          for (const problem of result.problems) assert.doesNotMatch(problem, /undefined/);
        }
      }),
    );
  });
});
