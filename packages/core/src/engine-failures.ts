import { CoterieError, type Clock, type Timers } from '@coterie/sdk';
import type { CounterRegistry } from './observe/counters.js';
import { START_TIMEOUT, within } from './plugins/load.js';
import type { RunningEngine } from './routing/engine.js';

/** Milliseconds that an engine, or anything else, may take to stop. */
export const STOP_TIMEOUT = 2000;
/** An engine is started again so often within so many milliseconds; then it is disabled. */
const MOST_RESTARTS = 3;
const RESTART_PERIOD = 60_000;

export interface FailurePorts {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly counters: CounterRegistry;
  /** Takes from the engine's instance its clients, its ports and its part in synchronisation. */
  retire(running: RunningEngine, reason: string): void;
  /** Puts another instance in its place, which stands aside as that did. */
  renew(running: RunningEngine): void;
  /** Has the ring formed anew: at the synchronisation behind that the others learn who takes part. */
  gather(): void;
  /** The daemon cannot go on. */
  fail(error: CoterieError): void;
  /** Is the daemon about to leave? */
  leaving(): boolean;
}

/** What becomes of engines that threw where the other members go through the same: see `FailurePolicy` of the SDK. */
export class EngineFailures {
  /** When an engine was started again lately, in milliseconds of the clock. */
  private readonly restarts = new Map<RunningEngine, readonly number[]>();

  constructor(private readonly ports: FailurePorts) {}

  /** The state of an engine, which threw in `where`, may not be that of the other members any more. */
  suspect(running: RunningEngine, where: string): void {
    const { identity, policy, standing } = running;
    if (policy === 'continue' || standing.disabled) return;
    if (policy === 'stop') {
      this.ports.fail(new CoterieError('COTERIE_E_ENGINE_FAILED', `${identity.name}: ${where} threw`));
    } else if (policy === 'disable') this.disable(running, `${where} threw`);
    else this.restart(running, where);
  }

  private disable(running: RunningEngine, reason: string): void {
    this.ports.retire(running, reason);
    this.later(() => {
      this.ports.gather();
      return this.stop(running);
    });
  }

  private restart(running: RunningEngine, where: string): void {
    const now = this.ports.clock.now();
    const lately = (this.restarts.get(running) ?? []).filter((at) => now - at < RESTART_PERIOD);
    if (lately.length >= MOST_RESTARTS) {
      return this.disable(running, `${where} threw, after ${MOST_RESTARTS} restarts within a minute`);
    }
    this.restarts.set(running, [...lately, now]);
    this.ports.counters.at(`stats.${running.identity.name}.restarts`).value++;
    this.ports.retire(running, `${where} threw: it is started again`);
    this.later(() => this.begin(running));
  }

  /** Another instance of an engine that was retired. One that cannot be started stays disabled. */
  private async begin(running: RunningEngine): Promise<void> {
    const { ports } = this;
    const { identity, guard } = running;
    await this.stop(running);
    if (ports.leaving()) return;
    try {
      ports.renew(running);
      const started = Promise.resolve(running.engine.start?.());
      await within(START_TIMEOUT, ports.timers, `starting engine ${identity.name}`, started);
    } catch (error) {
      guard.failed('starting again', error);
      ports.retire(running, `it could not be started again: ${String(error)}`);
      ports.gather();
      return;
    }
    if (ports.leaving()) return this.stop(running);
    running.standing.disabled = false;
    ports.gather();
  }

  private async stop({ identity, engine, guard }: RunningEngine): Promise<void> {
    const stopping = (async () => engine.stop?.())();
    await within(STOP_TIMEOUT, this.ports.timers, `stopping engine ${identity.name}`, stopping).catch(
      (error: unknown) => guard.failed('stop', error),
    );
  }

  /** Not while the ring is busy with a message, or the engine with what made it throw. */
  private later(step: () => Promise<void>): void {
    this.ports.timers.timer(() => void step()).start(0);
  }
}
