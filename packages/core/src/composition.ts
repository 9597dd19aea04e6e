import {
  ClientFiles,
  ClientRouter,
  Clock,
  Config,
  ConfigurationFile,
  CoterieError,
  Counters,
  Database,
  engineIdentity,
  Logger,
  Nodelist,
  PeerCredentials,
  Processes,
  QuorumControl,
  Random,
  Storage,
  Timers,
  TransportContext,
  type FrontEnd,
  type Member,
  type Token,
  type Transport,
} from '@coterie/sdk';
import type { Configuration } from './config/configuration.js';
import { EngineHost } from './engine-host.js';
import { LiveNodelist, LiveSection } from './config/live.js';
import type { CounterRegistry } from './observe/counters.js';
import type { Logs } from './observe/logs.js';
import { PluginContainers, type Ports } from './plugins/container.js';
import type { LoadedPlugin } from './plugins/plugin-package.js';
import type { LocalClientRouter } from './routing/client-router.js';
import type { ClusterState } from './routing/cluster-state.js';
import { EngineTimers } from './routing/engine-timers.js';
import { Guard, type RunningEngine } from './routing/engine.js';
import type { EngineRouter } from './routing/engine-router.js';

/** What the executive has for plugins. */
export interface Offer {
  readonly configuration: Configuration;
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly storage: Storage;
  /** Undefined: no program can be started here. */
  readonly processes?: Processes | undefined;
  /** Undefined: no program can share memory with an engine. */
  readonly clientFiles?: ClientFiles | undefined;
  /** Undefined: no program can have the configuration read again. */
  readonly configurationFile?: ConfigurationFile | undefined;
  readonly logs: Logs;
  readonly database: Database;
  readonly state: ClusterState;
  readonly counters: CounterRegistry;
  readonly engineRouter: EngineRouter;
  readonly clientRouter: LocalClientRouter;
  /** What others go through as well made an engine throw in `where`. */
  suspect(running: RunningEngine, where: string): void;
}

/** Everything that plugins contributed, built and connected, not started. */
export interface Composition {
  /** In the order in which they start. */
  readonly engines: readonly RunningEngine[];
  readonly transport: Transport;
  readonly frontEnds: readonly FrontEnd[];
  /** Undefined: no plugin can tell peers apart. */
  readonly credentials: PeerCredentials | undefined;
  /** A reload: plugins hear of what has changed for them. */
  reload(configuration: Configuration): void;
  /** The engine's instance gets nothing from its ports any more: no timer of it runs out. */
  end(running: RunningEngine): void;
  /** Puts another instance in the place of one that has ended. @throws CoterieError COTERIE_E_INJECT_* */
  renew(running: RunningEngine): void;
  /** As {@link end}, for all. */
  endAll(): void;
}

/**
 * Builds the object graph once, at start: each plugin in a container of its own over the daemon's.
 * @throws CoterieError COTERIE_E_INJECT_*, COTERIE_E_CONFIG_TRANSPORT
 */
export function compose(plugins: readonly LoadedPlugin[], offer: Offer): Composition {
  const { configuration, logs } = offer;
  const log = logs('main');
  const failed = (error: unknown) => log.error(`a listener of a reload threw: ${String(error)}`);
  const nodelist = new LiveNodelist(configuration, failed);
  const containers = new PluginContainers(daemonPorts(offer, nodelist));
  const sections = new Map<string, LiveSection>();
  const hosts = new Map<RunningEngine, EngineHost>();
  const timers: EngineTimers[] = [];
  const frontEnds: FrontEnd[] = [];
  let transport: Transport | undefined;

  for (const plugin of plugins) {
    const { name } = plugin.manifest;
    const section = new LiveSection(configuration.section(name), failed);
    sections.set(name, section);
    const container = containers.open(plugin, pluginPorts(offer, name, section, timers));
    for (const type of plugin.plugin.engines) {
      const { services } = plugin.manifest;
      const range = services.find(({ number }) => number === engineIdentity(type)?.service)?.wire;
      const host = new EngineHost(type, container, offer, range);
      const running = host.open();
      if (running !== undefined) hosts.set(running, host);
    }
    for (const type of plugin.plugin.frontEnds) frontEnds.push(container.construct(type, new Map()));
    const chosen = plugin.plugin.transports[configuration.transport];
    if (chosen !== undefined) transport = container.construct(chosen, transportPorts(configuration));
  }
  if (transport === undefined) {
    throw new CoterieError(
      'COTERIE_E_CONFIG_TRANSPORT',
      `${configuration.file}: totem.transport is ${configuration.transport}, which no installed plugin provides`,
    );
  }
  return {
    engines: [...hosts.keys()],
    transport,
    frontEnds,
    credentials: containers.provided(PeerCredentials),
    reload: (next) => {
      nodelist.reload(next);
      for (const [name, section] of sections) section.reload(next.section(name));
    },
    end: (running) => hosts.get(running)?.end(),
    renew: (running) => hosts.get(running)?.renew(),
    endAll: () => [...timers, ...hosts.values()].forEach((each) => each.end()),
  };
}

export function members(configuration: Configuration): Member[] {
  return configuration.nodes.map(({ nodeId, address, port }) => ({ nodeId, address, port }));
}

function daemonPorts(offer: Offer, nodelist: LiveNodelist): Ports {
  return new Map<symbol, unknown>([
    [Clock, offer.clock],
    [Random, offer.random],
    [Storage, offer.storage],
    [Database, offer.database],
    [Nodelist, nodelist],
    [QuorumControl, offer.state],
    [ClientRouter, offer.clientRouter],
    ...given(Processes, offer.processes),
    ...given(ClientFiles, offer.clientFiles),
    ...given(ConfigurationFile, offer.configurationFile),
  ]);
}

/** What there is not everywhere: nothing is registered then. */
function given<T>(token: Token<T>, port: T | undefined): [symbol, T][] {
  return port === undefined ? [] : [[token, port]];
}

/** What all of a plugin share; its engines have more of their own. */
function pluginPorts(offer: Offer, name: string, section: LiveSection, timers: EngineTimers[]): Ports {
  const log = offer.logs(name);
  const counter = (what: string) => offer.counters.at(`stats.${name}.${what}`);
  const guard = new Guard(log, counter('failures'), counter('slow_handlers'), () => undefined);
  const own = new EngineTimers(offer.timers, guard);
  timers.push(own);
  return new Map<symbol, unknown>([
    [Config, section],
    [Logger, log],
    [Counters, offer.counters.of(name)],
    [Timers, own],
  ]);
}

function transportPorts(configuration: Configuration): Ports {
  return new Map<symbol, unknown>([[TransportContext, transportContext(configuration)]]);
}

export function transportContext(configuration: Configuration): TransportContext {
  return {
    nodeId: configuration.local.nodeId,
    members: members(configuration),
    name: configuration.transport,
    totem: configuration.transportSettings,
  };
}
