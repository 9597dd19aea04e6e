import assert from 'node:assert/strict';
import {
  CoterieError,
  definePlugin,
  inject,
  token,
  type Injectable,
  type PluginDefinition,
  type Token,
} from '@coterie/sdk';
import { PluginContainers, type Ports } from '../../dist/plugins/container.js';
import type { LoadedPlugin } from '../../dist/plugins/plugin-package.js';

const Greeting = token<string>('test/Greeting');
const Name = token<string>('test/Name');
const Greeter = token<{ greet(): string }>('test/Greeter');
const Other = token<unknown>('test/Other');
const none: Ports = new Map();

function loaded(name: string, definition: PluginDefinition): LoadedPlugin {
  return {
    manifest: {
      manifest: 1,
      kind: 'engine',
      name,
      entry: './plugin.js',
      sdk: '^0.1.0',
      services: [],
      transports: [],
      provides: [],
      requires: [],
      optional: [],
      config: undefined,
    },
    packageName: `@test/${name}`,
    version: '1.0.0',
    plugin: definePlugin(definition),
  };
}

class Polite {
  constructor(
    @inject(Greeting) private readonly greeting: string,
    @inject(Name) private readonly name: string,
  ) {}

  greet(): string {
    return `${this.greeting}, ${this.name}`;
  }
}

class NeedsGreeter {
  constructor(@inject(Greeter) readonly greeter: { greet(): string }) {}
}

const refused =
  (code: string, ...parts: string[]) =>
  (error: unknown) => {
    assert.ok(error instanceof CoterieError);
    assert.equal(error.code, code);
    for (const part of parts) assert.ok(error.message.includes(part), `${error.message} names ${part}`);
    return true;
  };

describe('PluginContainers', () => {
  it('passes the nearest port: of the object, the plugin, the daemon', () => {
    const containers = new PluginContainers(
      new Map<Token<unknown>, unknown>([
        [Greeting, 'Hello'],
        [Name, 'daemon'],
      ]),
    );
    const plain = containers.open(loaded('plain', {}), none);
    const named = containers.open(loaded('named', {}), new Map([[Name, 'plugin']]));
    assert.equal(plain.construct(Polite, none).greet(), 'Hello, daemon');
    assert.equal(named.construct(Polite, none).greet(), 'Hello, plugin');
    assert.equal(named.construct(Polite, new Map([[Name, 'object']])).greet(), 'Hello, object');
  });

  it('keeps executives apart', () => {
    new PluginContainers(new Map([[Name, 'first']]));
    const second = new PluginContainers(none).open(loaded('plain', {}), none);
    class NeedsName {
      constructor(@inject(Name) readonly name: string) {}
    }
    assert.throws(() => second.construct(NeedsName, none), refused('COTERIE_E_INJECT_TOKEN', 'test/Name'));
  });

  it('builds what a plugin provides once, from that plugin', () => {
    const containers = new PluginContainers(new Map([[Greeting, 'Hello']]));
    const provider = loaded('provider', {
      provides: [{ token: Greeter, useClass: Polite, scope: 'daemon' }],
    });
    const own = containers.open(provider, new Map([[Name, 'provider']]));
    const other = containers.open(loaded('other', {}), new Map([[Name, 'other']]));
    const first = other.construct(NeedsGreeter, none).greeter;
    assert.equal(first.greet(), 'Hello, provider');
    assert.equal(own.construct(NeedsGreeter, none).greeter, first);
  });

  it('keeps what a plugin provides for itself from others, and says so', () => {
    const containers = new PluginContainers(
      new Map([
        [Greeting, 'Hello'],
        [Name, 'x'],
      ]),
    );
    const provider = loaded('provider', {
      provides: [{ token: Greeter, useClass: Polite, scope: 'plugin' }],
    });
    const own = containers.open(provider, none);
    const other = containers.open(loaded('other', {}), none);
    assert.equal(own.construct(NeedsGreeter, none).greeter.greet(), 'Hello, x');
    assert.throws(
      () => other.construct(NeedsGreeter, none),
      refused('COTERIE_E_INJECT_TOKEN', 'NeedsGreeter', 'plugin other', 'parameter 0', 'Plugin provider'),
    );
  });

  it('says which class of which plugin asks for what nothing provides', () => {
    class Wanting {
      constructor(
        @inject(Name) readonly name: string,
        @inject(Other) readonly other: unknown,
      ) {}
    }
    const own = new PluginContainers(new Map([[Name, 'x']])).open(loaded('counter', {}), none);
    assert.throws(
      () => own.construct(Wanting, none),
      refused(
        'COTERIE_E_INJECT_TOKEN',
        'Wanting',
        'plugin counter',
        '@test/counter',
        'parameter 1',
        'test/Other',
      ),
    );
  });

  it('passes undefined for an optional parameter without provider', () => {
    class Content {
      constructor(@inject(Other, { optional: true }) readonly other: unknown) {}
    }
    const own = new PluginContainers(none).open(loaded('counter', {}), none);
    assert.equal(own.construct(Content, none).other, undefined);
    assert.equal(own.construct(Content, new Map([[Other, 5]])).other, 5);
  });

  it('names the parameter without @inject', () => {
    class Forgetful {
      constructor(
        @inject(Name) readonly name: string,
        readonly forgotten: unknown,
      ) {}
    }
    const own = new PluginContainers(new Map([[Name, 'x']])).open(loaded('counter', {}), none);
    assert.throws(
      () => own.construct(Forgetful as Injectable<Forgetful>, none),
      refused('COTERIE_E_INJECT_PARAMETER', 'parameter 1', 'Forgetful', 'plugin counter'),
    );
  });

  it('shows the way round a cycle', () => {
    const First = token<unknown>('test/First');
    const Second = token<unknown>('test/Second');
    class One {
      constructor(@inject(Second) readonly second: unknown) {}
    }
    class Two {
      constructor(@inject(First) readonly first: unknown) {}
    }
    const own = new PluginContainers(none).open(
      loaded('circle', {
        provides: [
          { token: First, useClass: One, scope: 'daemon' },
          { token: Second, useClass: Two, scope: 'plugin' },
        ],
      }),
      none,
    );
    assert.throws(() => own.construct(One, none), refused('COTERIE_E_INJECT_CYCLE', 'One -> Two -> One'));
    assert.throws(() => own.construct(Two, none), refused('COTERIE_E_INJECT_CYCLE', 'Two -> One -> Two'));
  });

  it('says whose constructor threw and passes coded errors on', () => {
    class Broken {
      constructor() {
        throw new Error('no disk');
      }
    }
    class Coded {
      constructor() {
        throw new CoterieError('COTERIE_E_STATE_READ', 'no such folder');
      }
    }
    const own = new PluginContainers(none).open(loaded('counter', {}), none);
    assert.throws(
      () => own.construct(Broken, none),
      refused('COTERIE_E_INJECT_CONSTRUCTOR', 'Broken', 'counter', 'no disk', 'container.test.'),
    );
    assert.throws(() => own.construct(Coded, none), refused('COTERIE_E_STATE_READ', 'no such folder'));
  });
});
