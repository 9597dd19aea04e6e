import assert from 'node:assert/strict';
import { findProject } from '../../dist/plugins/discover.js';
import { planPlugins } from '../../dist/plugins/plan.js';
import { reportKeys, reportPlugins } from '../../dist/plugins/report.js';
import { fakeFiles, manifest, project, sdk, type Json } from './packages.js';

function plan(
  plugins: Record<string, Json | undefined>,
  more: Record<string, string | Json> = {},
  links = {},
) {
  return planPlugins('/app', sdk, fakeFiles(project(plugins, more), links));
}

function codes(...given: Parameters<typeof plan>): string[] {
  const { problems, order } = plan(...given);
  if (problems.some(({ severity }) => severity === 'error')) assert.deepEqual(order, []);
  return problems.map(({ code }) => code);
}

function message(...given: Parameters<typeof plan>): string {
  return plan(...given)
    .problems.map((problem) => problem.message)
    .join('\n');
}

/** An engine with a number of its own. */
let number = 2000;
const engine = (name: string, more: Json = {}): Json =>
  manifest({ name, service: { number: number++ }, ...more });

describe('findProject', () => {
  it('takes the first package.json upwards that is not the core’s', () => {
    const files = fakeFiles(project({}, { '/app/node_modules/@coterie/core/dist/index.js': '' }));
    assert.equal(findProject('/app/node_modules/@coterie/core/dist', files), '/app');
    assert.equal(findProject('/elsewhere', files), undefined);
  });
});

describe('planPlugins', () => {
  it('finds plugins by path, hidden, linked, hoisted or nested, and nothing else', () => {
    const { order, problems } = plan(
      { counter: manifest(), linked: undefined, left: undefined },
      {
        '/src/linked/package.json': { name: 'linked', version: '2.0.0', coterie: engine('linked') },
        '/src/linked/dist/plugin.js': '',
        '/app/node_modules/not-a-dependency/package.json': { coterie: engine('other') },
      },
      { '/app/node_modules/linked': '/src/linked' },
    );
    assert.deepEqual(problems, []);
    assert.deepEqual(
      order.map(({ manifest: { name }, packageName, directory, entry, version }) => [
        name,
        packageName,
        directory,
        entry,
        version,
      ]),
      [
        [
          'counter',
          'counter',
          '/app/node_modules/counter',
          '/app/node_modules/counter/dist/plugin.js',
          '1.0.0',
        ],
        ['linked', 'linked', '/src/linked', '/src/linked/dist/plugin.js', '2.0.0'],
      ],
    );
    const hoisted = fakeFiles({
      '/srv/app/package.json': { dependencies: { counter: '*' } },
      '/srv/node_modules/counter/package.json': { coterie: manifest() },
      '/srv/node_modules/counter/dist/plugin.js': '',
    });
    assert.equal(planPlugins('/srv/app', sdk, hoisted).order.length, 1);
  });

  it('needs a project with a readable package.json', () => {
    assert.deepEqual(codes({}, { '/app/package.json': 'not json' }), ['COTERIE_E_PROJECT']);
    assert.deepEqual(codes({}, { '/app/package.json': '[]' }), ['COTERIE_E_PROJECT']);
    const empty = planPlugins('/app', sdk, fakeFiles({}));
    assert.deepEqual(
      empty.problems.map(({ code }) => code),
      ['COTERIE_E_PROJECT'],
    );
  });

  it('reports dependencies that are not installed or have no name', () => {
    const dependencies = { gone: '*', '../../etc': '*' };
    const tree = { '/app/package.json': { dependencies }, '/etc/package.json': { coterie: manifest() } };
    assert.deepEqual(codes({}, tree), ['COTERIE_E_PLUGIN_NOT_INSTALLED', 'COTERIE_E_PLUGIN_NOT_INSTALLED']);
  });

  it('refuses manifests that say too little, too much or the wrong thing', () => {
    const wrong: [Json, string][] = [
      [manifest({ manifest: 2 }), 'COTERIE_E_MANIFEST_VERSION'],
      [manifest({ manifest: undefined }), 'COTERIE_E_MANIFEST'],
      [manifest({ kind: 'exporter' }), 'COTERIE_E_MANIFEST'],
      [manifest({ nmae: 'x' }), 'COTERIE_E_MANIFEST'],
      [manifest({ service: undefined }), 'COTERIE_E_MANIFEST'],
      [manifest({ service: { number: 100 } }), 'COTERIE_E_PLUGIN_RESERVED'],
      [manifest({ service: { number: 70_000 } }), 'COTERIE_E_MANIFEST'],
      [manifest({ name: 'totem' }), 'COTERIE_E_PLUGIN_NAME'],
      [manifest({ sdk: '*' }), 'COTERIE_E_PLUGIN_SDK_RANGE'],
      [manifest({ sdk: '' }), 'COTERIE_E_PLUGIN_SDK_RANGE'],
      [manifest({ sdk: '>=1.0.0' }), 'COTERIE_E_PLUGIN_SDK_RANGE'],
      [manifest({ sdk: '^1.0.0 || >=3.0.0' }), 'COTERIE_E_PLUGIN_SDK_RANGE'],
      [manifest({ sdk: 'latest' }), 'COTERIE_E_PLUGIN_SDK_RANGE'],
    ];
    for (const [json, code] of wrong) {
      assert.deepEqual([...new Set(codes({ counter: json }))], [code], JSON.stringify(json));
    }
    for (const json of ['x', 5, null, []]) {
      assert.deepEqual(codes({ counter: json as unknown as Json }), ['COTERIE_E_MANIFEST']);
    }
    assert.deepEqual(codes({ counter: undefined }, { '/app/node_modules/counter/package.json': '{' }), [
      'COTERIE_E_MANIFEST',
    ]);
  });

  it('compares the SDK as npm does, a prerelease counting as its release', () => {
    for (const range of ['^1.0.0', '1.2.3', '>=1.2.0 <2.0.0', '~1.2.0']) {
      assert.deepEqual(codes({ counter: manifest({ sdk: range }) }), [], range);
    }
    for (const range of ['^2.0.0', '~1.3.0', '1.2.4']) {
      assert.deepEqual(codes({ counter: manifest({ sdk: range }) }), ['COTERIE_E_PLUGIN_SDK_VERSION'], range);
    }
    const prerelease = { ...sdk, version: '1.3.0-rc.1' };
    const files = fakeFiles(project({ counter: manifest({ sdk: '^1.2.0' }) }));
    assert.deepEqual(planPlugins('/app', prerelease, files).problems, []);
  });

  it('tells a harmless second copy of the SDK from a harmful one', () => {
    const copy = (version: string) => ({
      '/app/node_modules/counter/node_modules/@coterie/sdk/package.json': { version },
    });
    assert.deepEqual(codes({ counter: manifest() }, copy('1.9.0')), ['COTERIE_W_SDK_DUPLICATE']);
    assert.deepEqual(codes({ counter: manifest() }, copy('2.0.0')), ['COTERIE_E_SDK_DUPLICATE']);
    assert.deepEqual(codes({ counter: manifest() }, copy('broken')), ['COTERIE_E_SDK_DUPLICATE']);
    assert.equal(plan({ counter: manifest() }, copy('1.9.0')).order.length, 1);
    const words = message({ counter: manifest() }, copy('2.0.0'));
    for (const part of [
      '2.0.0 in /app/node_modules/counter/node_modules',
      `1.2.3 in ${sdk.directory}`,
      'npm',
    ]) {
      assert.ok(words.includes(part), words);
    }
  });

  it('refuses entries that are missing or outside of their package', () => {
    assert.deepEqual(codes({ counter: manifest({ entry: './gone.js' }) }), ['COTERIE_E_PLUGIN_ENTRY']);
    const links = { '/app/node_modules/counter/dist/plugin.js': '/etc/plugin.js' };
    assert.deepEqual(codes({ counter: manifest() }, { '/etc/plugin.js': '' }, links), [
      'COTERIE_E_PLUGIN_ENTRY',
    ]);
  });

  it('refuses configuration schemas that cannot be used', () => {
    const path = '/app/node_modules/counter/config.schema.json';
    const json = manifest({ config: './config.schema.json' });
    const wrong: (string | Json)[] = [
      '{',
      'null',
      { type: 'string' },
      { type: 'object', properties: { a: { type: 'nonsense' } } },
      { type: 'object', properties: { a: { $ref: 'https://example.org/x.json' } } },
      { type: 'object', properties: { a: { type: 'integer', 'x-icmap': 'uint9' } } },
    ];
    for (const schema of wrong) {
      assert.deepEqual(
        codes({ counter: json }, { [path]: schema }),
        ['COTERIE_E_PLUGIN_SCHEMA'],
        String(schema),
      );
    }
    assert.deepEqual(codes({ counter: json }), ['COTERIE_E_PLUGIN_SCHEMA']);
    const good = { type: 'object', properties: { a: { type: 'integer' } } };
    assert.deepEqual(plan({ counter: json }, { [path]: good }).order[0]?.schema, good);
  });

  it('lets every name, number, transport and capability have one owner', () => {
    const transport = (name: string): Json => ({
      ...engine(name, { kind: 'transport', transports: ['carrier'] }),
      service: undefined,
    });
    const pairs: [Json, Json, string][] = [
      [engine('same'), engine('same'), 'the name same'],
      [
        engine('one', { service: { number: 1500 } }),
        engine('two', { service: { number: 1500 } }),
        'number 1500',
      ],
      [transport('one'), transport('two'), 'the transport carrier'],
      [engine('one', { provides: ['x1@1'] }), engine('two', { provides: ['x1@1'] }), 'the capability x1@1'],
    ];
    for (const [one, two, words] of pairs) {
      const both = { first: one, second: two };
      assert.ok(codes(both).every((code) => code === 'COTERIE_E_PLUGIN_DUPLICATE'));
      const text = message(both);
      for (const part of [words, '/app/node_modules/first', '/app/node_modules/second']) {
        assert.ok(text.includes(part), text);
      }
    }
  });

  it('starts what is required first, and the rest by name', () => {
    const { order, problems } = plan({
      p1: engine('alpha', { requires: ['zulu@1'] }),
      p2: engine('zulu', { provides: ['zulu@1'] }),
      p3: engine('beta', { optional: ['gamma@1', 'absent@1'] }),
      p4: engine('gamma', { provides: ['gamma@1'], requires: ['zulu@1'] }),
      p5: engine('aaa'),
    });
    assert.deepEqual(problems, []);
    assert.deepEqual(
      order.map(({ manifest: { name } }) => name),
      ['aaa', 'zulu', 'alpha', 'gamma', 'beta'],
    );
  });

  it('names what is missing, and another version of it', () => {
    const plugins = {
      p1: engine('alpha', { requires: ['cpg@2'] }),
      p2: engine('cpg', { provides: ['cpg@1'] }),
    };
    assert.deepEqual(codes(plugins), ['COTERIE_E_PLUGIN_REQUIRES']);
    assert.match(message(plugins), /p1: it requires cpg@2.*there is only cpg@1/);
  });

  it('prints the way round a circle', () => {
    const plugins = {
      p0: engine('early', { requires: ['aa@1'] }),
      p1: engine('aa', { provides: ['aa@1'], requires: ['bb@1'] }),
      p2: engine('bb', { provides: ['bb@1'], optional: ['cc@1'] }),
      p3: engine('cc', { provides: ['cc@1'], requires: ['aa@1'] }),
    };
    assert.deepEqual(codes(plugins), ['COTERIE_E_PLUGIN_CYCLE']);
    assert.match(message(plugins), /aa -> bb -> cc -> aa/);
  });

  it('reports everything at once', () => {
    assert.deepEqual(
      codes({
        p1: engine('one', { sdk: '^9.0.0', requires: ['gone@1'] }),
        p2: manifest({ manifest: 7 }),
        p3: engine('three', { entry: './gone.js' }),
      }),
      [
        'COTERIE_E_MANIFEST_VERSION',
        'COTERIE_E_PLUGIN_ENTRY',
        'COTERIE_E_PLUGIN_SDK_VERSION',
        'COTERIE_E_PLUGIN_REQUIRES',
      ],
    );
  });
});

describe('reportPlugins', () => {
  it('tells what was found, in which order it starts and why not', () => {
    const good = plan({ counter: manifest({ provides: ['counter@1'] }) });
    const { plugins } = reportPlugins(good, [], new Map([['counter', 12.4]]));
    const [counter] = plugins;
    assert.deepEqual([counter?.order, counter?.importTime, counter?.problems], [1, 12.4, []]);
    const keys = reportKeys({ plugins, problems: [] });
    assert.deepEqual(keys.get('runtime.plugins.counter.order')?.value, 1);
    assert.deepEqual(keys.get('runtime.plugins.counter.import_time_ms')?.value, 12);
    assert.deepEqual(keys.get('runtime.plugins.counter.provides')?.value, 'counter@1');

    const bad = reportPlugins(
      plan({ counter: manifest({ sdk: '^9.0.0' }), broken: manifest({ manifest: 3 }) }),
    );
    assert.equal(bad.plugins[0]?.order, undefined);
    assert.equal(bad.plugins[0]?.problems[0]?.code, 'COTERIE_E_PLUGIN_SDK_VERSION');
    assert.match(bad.plugins[0]?.problems[0]?.remedy ?? '', /Install/);
    assert.deepEqual(
      bad.problems.map(({ packageName, code }) => [packageName, code]),
      [['broken', 'COTERIE_E_MANIFEST_VERSION']],
    );
    const held = reportKeys(bad).get('runtime.plugins.counter.problems')?.value;
    assert.equal(held, 'COTERIE_E_PLUGIN_SDK_VERSION');
  });
});
