import 'reflect-metadata';
import { CoterieError, injectedParameters, type Injectable, type Token } from '@coterie/sdk';
import { container as globalContainer, instanceCachingFactory, type DependencyContainer } from 'tsyringe';
import { parameterProblems } from './parameters.js';
import type { LoadedPlugin } from './plugin-package.js';
import { describeThrown } from './thrown.js';

/** Values for tokens: the ports that the executive gives to the daemon, a plugin or an engine. */
export type Ports = ReadonlyMap<Token<unknown>, unknown>;

/**
 * The containers of one executive: a root, and one for every plugin below it. tsyringe's global container is
 * never asked, so that several executives live in one process.
 */
export class PluginContainers {
  private readonly root = globalContainer.createChildContainer();
  private readonly opened: PluginContainer[] = [];
  /** Classes under construction, outermost first: what makes a cycle visible. */
  private readonly building: Injectable<unknown>[] = [];

  /** @param ports for every plugin */
  constructor(ports: Ports) {
    registerAll(this.root, ports);
  }

  /**
   * A container with what the plugin provides; what it provides with `scope: daemon` is there for the others
   * too. It is built when it is first asked for. @param ports for all that the plugin constructs
   */
  open(plugin: LoadedPlugin, ports: Ports): PluginContainer {
    const own = new PluginContainer(plugin, this.root, ports, this.opened, this.building);
    this.opened.push(own);
    return own;
  }

  /** What some plugin provides for the daemon, if one does. */
  provided<T>(token: Token<T>): T | undefined {
    return this.root.isRegistered(token) ? this.root.resolve<T>(token) : undefined;
  }
}

export class PluginContainer {
  private readonly container: DependencyContainer;

  /** Use {@link PluginContainers.open}. */
  constructor(
    private readonly plugin: LoadedPlugin,
    private readonly root: DependencyContainer,
    ports: Ports,
    private readonly siblings: readonly PluginContainer[],
    private readonly building: Injectable<unknown>[],
  ) {
    this.container = root.createChildContainer();
    registerAll(this.container, ports);
    for (const { token, useClass, scope } of plugin.plugin.provides) {
      const target = scope === 'daemon' ? root : this.container;
      target.register(token, {
        useFactory: instanceCachingFactory(() => this.construct(useClass, new Map())),
      });
    }
  }

  /**
   * Builds `type` from the tokens that its constructor names: looked for in `ports` (for this object alone), then
   * in the plugin's container, then in the daemon's.
   * @throws CoterieError COTERIE_E_INJECT_PARAMETER, _INHERITED, _TOKEN, _CYCLE, _CONSTRUCTOR; one that the constructor
   * throws itself passes unchanged.
   */
  construct<T>(type: Injectable<T>, ports: Ports): T {
    if (this.building.includes(type)) {
      const names = [...this.building.slice(this.building.indexOf(type)), type].map(nameOf);
      throw new CoterieError(
        'COTERIE_E_INJECT_CYCLE',
        `${this.who(type)} needs itself: ${names.join(' -> ')}.`,
      );
    }
    this.building.push(type);
    try {
      return this.create(type, this.parameters(type, ports));
    } finally {
      this.building.pop();
    }
  }

  private parameters(type: Injectable<unknown>, ports: Ports): unknown[] {
    const [problem] = parameterProblems(type, this.who(type));
    if (problem !== undefined) throw new CoterieError(problem.code, `${problem.message}.`);
    return injectedParameters(type).map((parameter, index) => {
      // Those without have been refused.
      if (parameter === undefined) return undefined;
      const token = parameter.token as Token<unknown>;
      if (ports.has(token)) return ports.get(token);
      // Not recursively: above the root is tsyringe's global container.
      if (this.container.isRegistered(token)) return this.container.resolve(token);
      if (this.root.isRegistered(token)) return this.root.resolve(token);
      if (parameter.optional) return undefined;
      throw new CoterieError('COTERIE_E_INJECT_TOKEN', this.unknownToken(type, index, token));
    });
  }

  private create<T>(type: Injectable<T>, parameters: unknown[]): T {
    try {
      return new type(...(parameters as never[]));
    } catch (error) {
      if (error instanceof CoterieError) throw error;
      const message = `${this.who(type)} threw while it was built: ${describeThrown(error)}`;
      throw new CoterieError('COTERIE_E_INJECT_CONSTRUCTOR', message, { cause: error });
    }
  }

  private unknownToken(type: Injectable<unknown>, index: number, token: symbol): string {
    const wanted = `${this.who(type)} asks for ${describe(token)} as parameter ${index}, which nothing provides here`;
    const owner = this.siblings.find(
      (sibling) =>
        sibling !== this && sibling.plugin.plugin.provides.some((provision) => provision.token === token),
    );
    return owner === undefined
      ? `${wanted}. A plugin can provide it: definePlugin({ provides: [{ token, useClass, scope: 'daemon' }] }).`
      : `${wanted}. Plugin ${owner.plugin.manifest.name} provides it for itself only (scope: plugin).`;
  }

  private who(type: Injectable<unknown>): string {
    return `${nameOf(type)} of plugin ${this.plugin.manifest.name} (${this.plugin.packageName})`;
  }
}

function registerAll(container: DependencyContainer, ports: Ports): void {
  for (const [token, value] of ports) container.registerInstance(token, value);
}

function nameOf(type: Injectable<unknown>): string {
  return type.name || 'a class without name';
}

function describe(token: symbol): string {
  return token.description ?? 'a token without name';
}
