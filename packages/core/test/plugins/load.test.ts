import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import {
  definePlugin,
  inject,
  ServiceEngine,
  token,
  type Injectable,
  type Timers,
  type Transport,
} from '@coterie/sdk';
import { loadPlugins, START_TIMEOUT } from '../../dist/plugins/load.js';
import { planPlugins } from '../../dist/plugins/plan.js';
import { fakeFiles, manifest, project, sdk, type Json } from './packages.js';

/** Timers that run out when told to. */
function handTimers(): Timers & { expire(): void; readonly started: number[] } {
  const running = new Set<() => void>();
  const started: number[] = [];
  return {
    started,
    timer: (expire) => ({
      start: (milliseconds) => {
        started.push(milliseconds);
        running.add(expire);
      },
      stop: () => running.delete(expire),
      get running() {
        return running.has(expire);
      },
    }),
    expire: () => {
      for (const each of [...running]) each();
    },
  };
}

@ServiceEngine({ name: 'counter', service: 1027 })
class CounterEngine {}

@ServiceEngine({ name: 'counter', service: 1028 })
class OtherNumber {}

class Undecorated {}

class Forgetful {
  constructor(
    readonly forgotten: unknown,
    @inject(token('test/Known')) readonly known: unknown,
  ) {}
}

async function load(module: unknown, json: Json = manifest(), timers: Timers = handTimers()) {
  const { order } = planPlugins('/app', sdk, fakeFiles(project({ counter: json })));
  assert.equal(order.length, 1);
  let now = 0;
  return loadPlugins(order, {
    importModule: async () => {
      if (module instanceof Error) throw module;
      return await (module as Promise<unknown>);
    },
    timers,
    clock: { now: () => (now += 5), wall: () => 0 },
  });
}

async function problem(module: unknown, json?: Json): Promise<[string, string]> {
  const { problems, plugins } = await load(module, json);
  assert.deepEqual(plugins, []);
  assert.equal(problems.length, 1, JSON.stringify(problems));
  return [problems[0]?.code ?? '', problems[0]?.message ?? ''];
}

describe('loadPlugins', () => {
  it('imports a plugin that is what its manifest says, and takes the time', async () => {
    const plugin = definePlugin({ engines: [CounterEngine] });
    const { plugins, problems, importTimes } = await load({ plugin });
    assert.deepEqual(problems, []);
    assert.equal(plugins[0]?.plugin, plugin);
    assert.equal(plugins[0]?.manifest.name, 'counter');
    assert.equal(importTimes.get('counter'), 5);
  });

  it('refuses modules without a plugin that it knows', async () => {
    for (const module of [{}, null, { plugin: 5 }, { plugin: {} }, { default: definePlugin({}) }]) {
      assert.equal((await problem(module))[0], 'COTERIE_E_PLUGIN_EXPORT');
    }
    const [code, words] = await problem({ plugin: { ...definePlugin({}), version: 2 } });
    assert.deepEqual([code, /version 2/.test(words)], ['COTERIE_E_PLUGIN_EXPORT', true]);
  });

  it('refuses plugins whose code and manifest differ', async () => {
    const mismatch = async (definition: Parameters<typeof definePlugin>[0], json?: Json): Promise<string> => {
      const [code, words] = await problem({ plugin: definePlugin(definition) }, json);
      assert.equal(code, 'COTERIE_E_PLUGIN_MISMATCH');
      return words;
    };
    assert.match(await mismatch({}), /services counter=1027, but its code has \(none\)/);
    assert.match(await mismatch({ engines: [OtherNumber] }), /counter=1027, but its code has counter=1028/);
    const two = manifest({ services: [{ name: 'counter', number: 1027 }], service: undefined });
    assert.match(
      await mismatch({ engines: [CounterEngine, Undecorated] }, two),
      /Undecorated has no @ServiceEngine/,
    );
    const transport = manifest({ kind: 'transport', service: undefined, transports: ['carrier'] });
    const Carrier = class {} as unknown as Injectable<Transport>;
    assert.match(
      await mismatch({ transports: { pigeon: Carrier } }, transport),
      /transports carrier.*has pigeon/,
    );
    assert.match(await mismatch({}, manifest({ kind: 'ipc', service: undefined })), /no frontEnds/);
  });

  it('reports every parameter without @inject before anything is built', async () => {
    const [code, words] = await problem({
      plugin: definePlugin({
        engines: [CounterEngine],
        provides: [{ token: token('test/X'), useClass: Forgetful as Injectable<unknown>, scope: 'plugin' }],
      }),
    });
    assert.equal(code, 'COTERIE_E_INJECT_PARAMETER');
    assert.match(words, /counter: parameter 0 of the constructor of Forgetful/);
  });

  it('refuses a class without a constructor whose parent asks for something', async () => {
    class Parent {
      constructor(@inject(token('test/X')) readonly x: unknown) {}
    }
    class Child extends Parent {}
    @ServiceEngine({ name: 'counter', service: 1027 })
    class Grandchild extends Child {}
    const [code, words] = await problem({ plugin: definePlugin({ engines: [Grandchild] }) });
    assert.equal(code, 'COTERIE_E_INJECT_INHERITED');
    assert.match(words, /counter: Grandchild has no constructor: that of Parent would get nothing/);
  });

  it('accepts a class whose constructor gives its parent what that asks for', async () => {
    class Parent {
      constructor(@inject(token('test/X')) readonly x: unknown) {}
    }
    @ServiceEngine({ name: 'counter', service: 1027 })
    class Child extends Parent {
      constructor() {
        super('x');
      }
    }
    class Emitter extends EventEmitter {}
    const provides = [{ token: token('test/Y'), useClass: Emitter, scope: 'plugin' as const }];
    const module = { plugin: definePlugin({ engines: [Child], provides }) };
    assert.deepEqual((await load(module)).problems, []);
  });

  it('says why an import failed', async () => {
    const [code, words] = await problem(new Error('no such module'));
    assert.equal(code, 'COTERIE_E_PLUGIN_IMPORT');
    assert.match(
      words,
      /\/app\/node_modules\/counter\/dist\/plugin\.js failed: no such module \(\/.*load\.test\.[jt]s:\d+:\d+\)/,
    );
  });

  it('does not wait for ever for an import', async () => {
    const timers = handTimers();
    const loading = load(new Promise(() => undefined), manifest(), timers);
    timers.expire();
    const { problems } = await loading;
    assert.deepEqual(timers.started, [START_TIMEOUT]);
    assert.equal(problems[0]?.code, 'COTERIE_E_PLUGIN_TIMEOUT');
  });

  it('stops the timer of an import that came back', async () => {
    const timers = handTimers();
    const { problems } = await load(
      { plugin: definePlugin({ engines: [CounterEngine] }) },
      manifest(),
      timers,
    );
    timers.expire();
    assert.deepEqual(problems, []);
  });
});
