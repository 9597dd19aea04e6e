import {
  CoterieError,
  CsError,
  formatRing,
  value,
  type FrontEnd,
  type Injectable,
  type NodeId,
  type Transport,
} from '@coterie/sdk';
import { createTotem, type Configuration as RingConfiguration, type Totem } from '@coterie/totem';
import { compose, members, type Composition } from './composition.js';
import type { Configuration } from './config/configuration.js';
import { gatherOnDemand } from './config/force-gather.js';
import { followTiming } from './config/live-timing.js';
import type { Reload } from './config/reload.js';
import { MemoryDatabase } from './database/database.js';
import { EngineFailures, STOP_TIMEOUT } from './engine-failures.js';
import type { Ending, ExecutivePorts } from './executive-ports.js';
import { StreamServer } from './ipc/stream-server.js';
import { CounterRegistry } from './observe/counters.js';
import { FlightRecorder } from './observe/flight-recorder.js';
import { HandlerWatch } from './observe/handler-watch.js';
import { MemberKeys } from './observe/members.js';
import { describeServices, describeStanding } from './observe/services.js';
import { StallDetector } from './observe/stall-detector.js';
import { ConnectionKeys } from './observe/connections.js';
import { Statistics } from './observe/statistics.js';
import { START_TIMEOUT, within } from './plugins/load.js';
import type { LoadedPlugin } from './plugins/plugin-package.js';
import { LocalClientRouter } from './routing/client-router.js';
import { ClusterState } from './routing/cluster-state.js';
import type { RunningEngine } from './routing/engine.js';
import { EngineRouter } from './routing/engine-router.js';
import { Synchronisation } from './sync/synchronise.js';

/** Milliseconds that the engines may take to end what may not go on without the ring. */
const QUIESCE_TIMEOUT = 90_000;
/** Milliseconds that the last messages of the engines may take to go out. */
const FAREWELL_TIMEOUT = 300;

/** Share of the token timeout that a handler of an engine may take. */
const HANDLER_SHARE = 0.1;

/** One node of the cluster: boot, run, leave. */
export class Executive {
  /** Fulfilled when the first synchronisation has ended: clients are let in from then on. */
  readonly ready: Promise<void>;
  readonly ended: Promise<Ending>;
  readonly database: MemoryDatabase;
  private readonly log;
  private readonly state: ClusterState;
  private readonly engineRouter: EngineRouter;
  private readonly clientRouter: LocalClientRouter;
  private readonly synchronisation: Synchronisation;
  private readonly parts: Composition;
  private readonly frontEnds: readonly FrontEnd[];
  private readonly totem: Totem;
  private readonly recorder: FlightRecorder;
  private readonly memberKeys: MemberKeys;
  private readonly statistics: Statistics;
  private readonly stalls: StallDetector;
  private becomeReady!: () => void;
  private end!: (ending: Ending) => void;
  private leaving = false;
  /** Set while engines quiesce. */
  private hurry: (() => void) | undefined;
  /** Set while somebody waits for the token. */
  private tokenSeen: (() => void) | undefined;
  /** What has been started, in that order; leaving stops it in the opposite one. */
  private readonly started: { what: string; stop: () => unknown }[] = [];

  /** Builds everything and starts nothing. @throws CoterieError if the plugins do not fit together */
  constructor(
    private configuration: Configuration,
    plugins: readonly LoadedPlugin[],
    private readonly ports: ExecutivePorts,
  ) {
    const { clock, timers, logs } = ports;
    this.ready = new Promise((resolve) => (this.becomeReady = resolve));
    this.ended = new Promise((resolve) => (this.end = resolve));
    this.log = logs('main');
    const threw = (what: string) => (error: unknown) => this.log.error(`${what} threw: ${String(error)}`);
    const database = new MemoryDatabase(threw('a tracker of the database'));
    for (const [key, value] of configuration.keys) database.set(key, value);
    this.database = database;
    this.recorder = new FlightRecorder(clock);
    this.memberKeys = new MemberKeys(database, (node) => this.addressOf(node));

    const provider = configuration.keys.get('quorum.provider')?.value;
    const state = new ClusterState(
      configuration.local.nodeId,
      typeof provider === 'string' ? provider : undefined,
      threw('a listener of quorum'),
    );
    const watch = new HandlerWatch(clock, () => this.configuration.totem.token * HANDLER_SHARE);
    const engineRouter = new EngineRouter(
      state,
      logs('serv'),
      watch,
      (reason, asked) => void this.stop({ kind: asked ?? 'engine', reason }),
    );
    const room = (bytes: number) => engineRouter.room(bytes);
    const connections = new ConnectionKeys(database, ports.processName ?? (() => ''));
    const clientRouter = new LocalClientRouter({
      state,
      room,
      database,
      connections,
      uid: ports.uid,
      clock,
      watch,
      log: logs('ipc'),
    });
    const counters = new CounterRegistry();
    const failures = new EngineFailures({
      ...{ clock, timers, counters },
      retire: (running, reason) => this.retire(running, reason),
      renew: (running) => this.parts.renew(running),
      gather: () => this.totem.linkChanged(true),
      fail: (error) => void this.fail(error),
      leaving: () => this.leaving,
    });
    this.state = state;
    this.engineRouter = engineRouter;
    this.clientRouter = clientRouter;
    this.parts = compose(plugins, {
      ...ports,
      configuration,
      database,
      state,
      counters,
      engineRouter,
      clientRouter,
      suspect: (running, where) => failures.suspect(running, where),
    });
    const { engines, transport, frontEnds } = this.parts;
    this.frontEnds = [...this.builtIn(), ...frontEnds];
    describeServices(database, engines);

    this.synchronisation = new Synchronisation(
      state.nodeId,
      engines,
      logs('sync'),
      () => this.synchronised(),
      (running) => this.stoodAside(running),
    );
    this.totem = this.ring(transport);
    engineRouter.connect(this.totem);
    this.synchronisation.connect(this.totem);
    followTiming(
      database,
      () => this.configuration,
      this.log,
      (totem) => {
        this.configuration = { ...this.configuration, totem };
        this.totem.reconfigure(totem);
      },
    );
    gatherOnDemand(database, this.log, () => this.totem.linkChanged(true));
    this.stalls = new StallDetector(clock, timers, database, this.log, () => this.configuration.totem.token);
    this.statistics = new Statistics(timers, {
      ...{ database, totem: this.totem, transport, router: engineRouter, counters, connections },
      clients: () => clientRouter.size,
      stalls: this.stalls,
    });
  }

  /** Joins the cluster. @throws CoterieError if something cannot be started: what was is stopped again */
  async start(): Promise<void> {
    try {
      for (const frontEnd of this.frontEnds) {
        await this.begin(
          'a front-end',
          () => frontEnd.start(),
          () => frontEnd.stop(),
        );
      }
      for (const running of this.parts.engines) {
        await this.begin(
          `engine ${running.identity.name}`,
          () => running.engine.start?.(),
          () => (running.standing.disabled ? undefined : running.engine.stop?.()),
        );
      }
      const { transport } = this.parts;
      await this.begin(
        'the transport',
        () => this.openTransport(transport),
        () => transport.close(),
      );
    } catch (error) {
      await this.undo();
      throw error;
    }
    if (this.leaving) return;
    this.statistics.start();
    this.stalls.start();
    this.totem.start();
  }

  /** Says goodbye to the other members and stops everything. */
  leave(reason: string): Promise<Ending> {
    return this.stop({ kind: 'asked', reason });
  }

  /** Something is wrong that the executive cannot mend: as {@link leave}, ending in `failure`. */
  fail(error: unknown): Promise<Ending> {
    this.log.error(
      `cannot go on: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
    this.hurry?.();
    return this.stop({
      kind: 'failure',
      reason: error instanceof CoterieError ? error.code : String(error),
      error,
    });
  }

  /** Puts a planned reload without errors into force. */
  reload({ configuration, deleted, set }: Reload): void {
    const underway = (is: 0 | 1) => {
      this.database.set('config.totemconfig_reload_in_progress', value.u8(is));
      this.database.set('config.reload_in_progress', value.u8(is));
    };
    underway(1);
    this.configuration = configuration;
    for (const key of deleted) this.database.delete(key);
    for (const [key, fresh] of set) this.database.set(key, fresh);
    this.totem.reconfigure(configuration.totem);
    this.parts.transport.setMembers(members(configuration));
    this.parts.reload(configuration);
    this.database.set('config.reload_status', value.i32(CsError.OK));
    underway(0);
    this.log.info(`${configuration.file} read again`);
  }

  /** The engine of this class, or undefined if none runs: for tests of engines. */
  engine<T extends object>(type: Injectable<T>): T | undefined {
    const found = this.parts.engines.find(({ engine }) => engine instanceof type)?.engine;
    return found as T | undefined;
  }

  /** Everything worth knowing when something went wrong; JSON can hold it. */
  dump(): Record<string, unknown> {
    const { view, quorate, synchronising, open } = this.state;
    return {
      node: this.state.nodeId,
      ring: formatRing(view.ring),
      members: view.members,
      ...{ quorate, synchronising, open },
      totem: this.totem.dump(),
      links: this.parts.transport.links(),
      clients: this.clientRouter.size,
      ...{ refused: this.clientRouter.refused, dropped: this.engineRouter.dropped },
      engines: Object.fromEntries(
        this.parts.engines.map(({ identity, engine, guard }) => [
          identity.name,
          guard.run('dump', () => engine.dump?.(), undefined) ?? null,
        ]),
      ),
      transitions: this.recorder.dump(),
    };
  }

  /** The engines that have not failed. */
  private get inUse(): readonly RunningEngine[] {
    return this.parts.engines.filter(({ standing }) => !standing.disabled);
  }

  private builtIn(): FrontEnd[] {
    const { listener, timers, clock, logs } = this.ports;
    if (listener === undefined) return [];
    const { clientRouter: router, state } = this;
    const { credentials } = this.parts;
    const log = logs('ipc');
    return [new StreamServer({ listener, router, timers, clock, nodeId: state.nodeId, credentials, log })];
  }

  private ring(transport: Transport): Totem {
    const { clock, timers, random, ringIds, logs, observer, startSeq } = this.ports;
    return createTotem(
      this.configuration.totem,
      { transport, ringIds, clock, timers, random, log: logs('totem'), observer, startSeq },
      {
        configuration: (change) => this.ringChanged(change),
        tokenForwarded: () => {
          this.synchronisation.tokenForwarded();
          this.clientRouter.resume();
          this.tokenSeen?.();
        },
        stateChanged: (state, reason) => {
          this.recorder.state(state, reason);
          observer?.state(state, reason);
        },
        fatal: (error) => void this.fail(error),
      },
    );
  }

  private openTransport(transport: Transport): Promise<void> {
    return transport.open({
      received: (batch) => {
        try {
          this.totem.receive(batch);
        } catch (error) {
          void this.fail(error);
        }
      },
      linkChanged: (up) => {
        this.log.warn(`the own interface is ${up ? 'up' : 'down'}`);
        this.totem.linkChanged(up);
      },
    });
  }

  private ringChanged(change: RingConfiguration): void {
    this.recorder.configuration(change);
    this.ports.observer?.configuration(change);
    this.memberKeys.configuration(change);
    if (change.kind === 'regular') {
      const { ring, joined } = change;
      const news = joined.length > 0 ? `; joined: ${joined.join(' ')}` : '';
      this.log.info(`ring ${formatRing(ring)}: members ${change.members.join(' ')}${news}`);
      const view = { ring, members: change.members };
      this.state.view = view;
      this.state.synchronising = true;
      for (const running of this.inUse) {
        running.guard.follow('onView', () => running.engine.onView?.(view), undefined);
      }
    } else if (change.left.length > 0) {
      this.log.info(`members left: ${change.left.join(' ')}`);
    }
    this.synchronisation.configuration(change);
  }

  /** Its instance has failed: the others go on without it. */
  private retire(running: RunningEngine, reason: string): void {
    running.standing.disabled = true;
    running.standing.held = reason;
    this.synchronisation.drop(running);
    this.stoodAside(running);
    this.parts.end(running);
  }

  /** An engine takes part again, or does not any more: its clients cannot go on as if nothing had been. */
  private stoodAside({ identity, standing }: RunningEngine): void {
    const { name, service } = identity;
    describeStanding(this.database, identity, standing);
    if (standing.held === undefined) {
      this.log.info(`${name} takes part again, in version ${standing.wire} of its messages`);
      return;
    }
    this.log.warn(`${name} stands aside: ${standing.held}`, { code: 'COTERIE_W_ENGINE_HELD' });
    this.clientRouter.closeService(service, `${name} stands aside: ${standing.held}`);
  }

  private synchronised(): void {
    this.recorder.synchronised();
    this.ports.observer?.synchronised();
    this.state.synchronising = false;
    if (!this.state.open) {
      this.state.open = true;
      this.log.info('synchronised: ready for clients');
      this.becomeReady();
    }
    this.clientRouter.resume();
  }

  /** Starts something, unless the executive has been told to leave in the meantime. */
  private async begin(what: string, start: () => unknown, stop: () => unknown): Promise<void> {
    if (this.leaving) return;
    await within(START_TIMEOUT, this.ports.timers, `starting ${what}`, Promise.resolve(start()));
    this.started.push({ what, stop });
    if (this.leaving) await this.undo();
  }

  private async stop(ending: Ending): Promise<Ending> {
    if (this.leaving) return this.ended;
    this.leaving = true;
    this.log.info(`leaving: ${ending.reason}`);
    const busy = this.inUse.filter(({ engine }) => engine.quiesce !== undefined);
    if (ending.kind !== 'failure' && busy.length > 0) await this.quiesce(busy);
    this.statistics.stop();
    this.stalls.stop();
    await this.farewell(ending.kind !== 'failure');
    try {
      this.totem.leave();
    } catch (error) {
      this.log.error(`left without a goodbye: ${String(error)}`);
    }
    await this.undo();
    this.end(ending);
    return ending;
  }

  /** Lets the clients go and the engines say what the others should still hear; `wait` for that to go out. */
  private async farewell(wait: boolean): Promise<void> {
    const { engineRouter } = this;
    const before = engineRouter.messagesSent;
    this.clientRouter.closeAll('the daemon is leaving');
    for (const { engine, guard } of this.inUse) {
      guard.run('leaving', () => engine.leaving?.(), undefined);
    }
    if (!wait || engineRouter.messagesSent === before || this.state.synchronising) return;
    await new Promise<void>((resolve) => {
      const timer = this.ports.timers.timer(resolve);
      timer.start(FAREWELL_TIMEOUT);
      // At its next visit the token takes them along, and is forwarded behind them.
      this.tokenSeen = () => {
        timer.stop();
        resolve();
      };
    });
    this.tokenSeen = undefined;
  }

  /** The engines end what may not go on without the ring. A failure meanwhile ends the waiting. */
  private async quiesce(engines: readonly RunningEngine[]): Promise<void> {
    const failed = new Promise<void>((resolve) => (this.hurry = resolve));
    const quiet = engines.map(({ identity, engine, guard }) => {
      const ending = Promise.resolve(guard.run('quiesce', () => engine.quiesce?.(), undefined));
      return within(QUIESCE_TIMEOUT, this.ports.timers, `quiescing ${identity.name}`, ending).catch(
        (error: unknown) => guard.failed('quiesce', error),
      );
    });
    await Promise.race([failed, Promise.all(quiet)]);
  }

  /** Stops what was started, the last first; what fails there is logged and holds nothing up. */
  private async undo(): Promise<void> {
    this.parts.endAll();
    for (let next = this.started.pop(); next !== undefined; next = this.started.pop()) {
      try {
        const stopping = Promise.resolve(next.stop());
        await within(STOP_TIMEOUT, this.ports.timers, `stopping ${next.what}`, stopping);
      } catch (error) {
        this.log.error(`${next.what} did not stop: ${String(error)}`);
      }
    }
  }

  private addressOf(node: NodeId): string | undefined {
    return this.configuration.nodes.find(({ nodeId }) => nodeId === node)?.address;
  }
}
