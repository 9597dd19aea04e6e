import {
  ClientFiles,
  ClientRouter,
  Clients,
  Clock,
  Cluster,
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
  type Engine,
  type FrontEnd,
  type Injectable,
  type Member,
  type Token,
  type Transport,
} from '@coterie/sdk';
import type { ManifestService } from '@coterie/sdk/manifest';
import type { Configuration } from './config/configuration.js';
import { LiveNodelist, LiveSection } from './config/live.js';
import type { CounterRegistry } from './observe/counters.js';
import type { Logs } from './observe/logs.js';
import { PluginContainers, type PluginContainer, type Ports } from './plugins/container.js';
import type { LoadedPlugin } from './plugins/plugin-package.js';
import type { LocalClientRouter } from './routing/client-router.js';
import type { ClusterState } from './routing/cluster-state.js';
import { EngineTimers } from './routing/engine-timers.js';
import { Guard, runningEngine, type RunningEngine } from './routing/engine.js';
import type { EngineRouter } from './routing/engine-router.js';
import { Standing } from './routing/standing.js';

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
  /** No timer of an engine runs out any more. */
  endTimers(): void;
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
  const engines: RunningEngine[] = [];
  const timers: EngineTimers[] = [];
  const frontEnds: FrontEnd[] = [];
  let transport: Transport | undefined;

  for (const plugin of plugins) {
    const { name } = plugin.manifest;
    const section = new LiveSection(configuration.section(name), failed);
    sections.set(name, section);
    const container = containers.open(plugin, pluginPorts(offer, name, section, timers));
    for (const type of plugin.plugin.engines) {
      const running = buildEngine(type, container, offer, timers, plugin.manifest.services);
      if (running !== undefined) engines.push(running);
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
    engines,
    transport,
    frontEnds,
    credentials: containers.provided(PeerCredentials),
    reload: (next) => {
      nodelist.reload(next);
      for (const [name, section] of sections) section.reload(next.section(name));
    },
    endTimers: () => timers.forEach((each) => each.end()),
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
  const nobody = () => undefined;
  const own = new EngineTimers(offer.timers, guardOf(name, log, offer, nobody));
  timers.push(own);
  return new Map<symbol, unknown>([
    [Config, section],
    [Logger, log],
    [Counters, offer.counters.of(name)],
    [Timers, own],
  ]);
}

function buildEngine(
  type: Injectable<Engine>,
  container: PluginContainer,
  offer: Offer,
  timers: EngineTimers[],
  services: readonly ManifestService[],
): RunningEngine | undefined {
  const identity = engineIdentity(type);
  if (identity === undefined) throw new TypeError(`${type.name} has no @ServiceEngine`);
  const log = offer.logs(identity.name);
  const standing = new Standing(services.find(({ number }) => number === identity.service)?.wire);
  const cluster = offer.engineRouter.cluster(identity, standing);
  const guard = guardOf(identity.name, log, offer, (where) => offer.suspect(running, where));
  const own = new EngineTimers(offer.timers, guard);
  timers.push(own);
  const engine = container.construct(
    type,
    new Map<symbol, unknown>([
      [Cluster, cluster],
      [Clients, offer.clientRouter.clients(identity)],
      [Logger, log],
      [Counters, offer.counters.of(identity.name)],
      [Timers, own],
    ]),
  );
  if (engine.active === false) {
    log.debug('not wanted by the configuration');
    offer.counters.forget(identity.name);
    return undefined;
  }
  engine.sync?.connect?.(cluster);
  const running = runningEngine(identity, engine, guard, standing);
  offer.engineRouter.add(running);
  offer.clientRouter.add(running);
  return running;
}

function guardOf(name: string, log: Logger, { counters }: Offer, suspect: (where: string) => void): Guard {
  const counter = (what: string) => counters.at(`stats.${name}.${what}`);
  return new Guard(log, counter('failures'), counter('slow_handlers'), suspect);
}

function transportPorts(configuration: Configuration): Ports {
  const context: TransportContext = {
    nodeId: configuration.local.nodeId,
    members: members(configuration),
    name: configuration.transport,
    totem: configuration.transportSettings,
  };
  return new Map<symbol, unknown>([[TransportContext, context]]);
}
