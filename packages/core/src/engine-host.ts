import {
  Clients,
  Cluster,
  Counters,
  engineIdentity,
  Logger,
  Timers,
  type Engine,
  type EngineOptions,
  type Injectable,
} from '@coterie/sdk';
import type { Offer } from './composition.js';
import type { PluginContainer } from './plugins/container.js';
import { EngineTimers } from './routing/engine-timers.js';
import { Guard, runningEngine, type RunningEngine } from './routing/engine.js';
import { Standing } from './routing/standing.js';
import type { WireRange } from './sync/wire.js';

/** Makes the instances of one engine, one at a time, each with ports of its own, which end with it. */
export class EngineHost {
  private readonly identity: EngineOptions;
  private readonly guard: Guard;
  private running: RunningEngine | undefined;
  /** Ends what the instance has from its ports. */
  private endPorts: () => void = () => undefined;

  /** @param range the versions of its messages that the engine speaks */
  constructor(
    private readonly type: Injectable<Engine>,
    private readonly container: PluginContainer,
    private readonly offer: Offer,
    private readonly range: WireRange | undefined,
  ) {
    const identity = engineIdentity(type);
    if (identity === undefined) throw new TypeError(`${type.name} has no @ServiceEngine`);
    this.identity = identity;
    const { logs, counters } = offer;
    const counter = (what: string) => counters.at(`stats.${identity.name}.${what}`);
    this.guard = new Guard(
      logs(identity.name),
      counter('failures'),
      counter('slow_handlers'),
      (where) => this.running && offer.suspect(this.running, where),
    );
  }

  /** Makes the first instance. Undefined: the configuration does not want the engine. */
  open(): RunningEngine | undefined {
    const { identity, guard, offer } = this;
    const standing = new Standing(this.range);
    const engine = this.build(standing);
    if (engine.active === false) {
      guard.log.debug('not wanted by the configuration');
      offer.counters.forget(identity.name);
      this.end();
      return undefined;
    }
    this.running = runningEngine(identity, engine, guard, standing);
    this.install(this.running);
    return this.running;
  }

  /** The instance gets nothing from its ports any more. */
  end(): void {
    this.endPorts();
  }

  /** Makes another instance in the place of one that has ended; it stands aside as that did. @throws what building it throws */
  renew(): void {
    const { running } = this;
    if (running === undefined) return;
    const standing = new Standing(this.range);
    standing.disabled = true;
    standing.held = running.standing.held;
    running.engine = this.build(standing);
    running.standing = standing;
    this.install(running);
  }

  private build(standing: Standing): Engine {
    const { identity, offer, guard } = this;
    const cluster = offer.engineRouter.cluster(identity, standing);
    const timers = new EngineTimers(offer.timers, guard);
    this.endPorts = () => {
      cluster.end();
      timers.end();
    };
    const engine = this.container.construct(
      this.type,
      new Map<symbol, unknown>([
        [Cluster, cluster],
        [Clients, offer.clientRouter.clients(identity)],
        [Logger, guard.log],
        [Counters, offer.counters.of(identity.name)],
        [Timers, timers],
      ]),
    );
    if (engine.active !== false) engine.sync?.connect?.(cluster);
    return engine;
  }

  private install(running: RunningEngine): void {
    this.offer.engineRouter.add(running);
    this.offer.clientRouter.add(running);
  }
}
