import {
  deliveryHandlers,
  requestHandlers,
  type Counter,
  type DeliveryHandler,
  type Engine,
  type EngineIdentity,
  type Logger,
  type RequestHandler,
} from '@coterie/sdk';
import type { Standing } from './standing.js';

/** An engine with its handlers, as the routers run it. */
export interface RunningEngine {
  readonly identity: EngineIdentity;
  readonly engine: Engine;
  readonly deliveries: readonly DeliveryHandler[];
  readonly requests: readonly RequestHandler[];
  readonly guard: Guard;
  readonly standing: Standing;
}

export function runningEngine(
  identity: EngineIdentity,
  engine: Engine,
  guard: Guard,
  standing: Standing,
): RunningEngine {
  const type = engine.constructor as new (...args: never[]) => Engine;
  return {
    identity,
    engine,
    deliveries: deliveryHandlers(type),
    requests: requestHandlers(type),
    guard,
    standing,
  };
}

/** The method that a handler's decorator stands on. */
export function method(engine: Engine, name: string | symbol): (value: unknown, about: unknown) => void {
  const found = (engine as unknown as Record<string | symbol, (value: unknown, about: unknown) => void>)[
    name
  ];
  if (found === undefined) throw new TypeError(`no method ${String(name)}`);
  return found.bind(engine);
}

/**
 * What an engine throws stops here: it is logged under the engine's name and counted, and the daemon goes on.
 * Other members may have handled the same message without an error, so the engine's state is suspect after this.
 */
export class Guard {
  constructor(
    readonly log: Logger,
    readonly failures: Counter,
  ) {}

  failed(where: string, error: unknown): void {
    this.failures.value++;
    this.log.error(
      `${where} threw: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
  }

  /** Runs `step`; `fallback` if it throws. */
  run<T>(where: string, step: () => T, fallback: T): T {
    try {
      return step();
    } catch (error) {
      this.failed(where, error);
      return fallback;
    }
  }
}
