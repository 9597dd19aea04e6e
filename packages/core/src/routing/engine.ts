import {
  deliveryHandlers,
  requestHandlers,
  type Counter,
  type DeliveryHandler,
  type Engine,
  type EngineIdentity,
  type EngineOptions,
  type FailurePolicy,
  type Logger,
  type RequestHandler,
} from '@coterie/sdk';
import type { Standing } from './standing.js';

/** An engine with its handlers, as the routers run it. When it is started again another instance takes its place here. */
export interface RunningEngine {
  readonly identity: EngineIdentity;
  engine: Engine;
  readonly deliveries: readonly DeliveryHandler[];
  readonly requests: readonly RequestHandler[];
  readonly guard: Guard;
  standing: Standing;
  readonly policy: FailurePolicy;
}

export function runningEngine(
  { onFailure: policy = 'continue', ...identity }: EngineOptions,
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
    policy,
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

/** What an engine throws stops here: it is logged under the engine's name and counted, and the daemon goes on. */
export class Guard {
  /** @param suspect hears of failures that other members may not have had: the engine's state is suspect then */
  constructor(
    readonly log: Logger,
    readonly failures: Counter,
    /** Handlers that took too long. */
    readonly slow: Counter,
    private readonly suspect: (where: string) => void,
  ) {}

  /** For what concerns one program, or nobody but this node. */
  failed(where: string, error: unknown): void {
    this.failures.value++;
    this.log.error(
      `${where} threw: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
  }

  /** For what other members go through as well. */
  diverged(where: string, error: unknown): void {
    this.failed(where, error);
    this.suspect(where);
  }

  /** Runs `step`; `fallback` if it fails. */
  run<T>(where: string, step: () => T, fallback: T): T {
    try {
      return step();
    } catch (error) {
      this.failed(where, error);
      return fallback;
    }
  }

  /** As {@link run}, for what other members go through as well. */
  follow<T>(where: string, step: () => T, fallback: T): T {
    try {
      return step();
    } catch (error) {
      this.diverged(where, error);
      return fallback;
    }
  }
}
