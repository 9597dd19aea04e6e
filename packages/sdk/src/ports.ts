import { token } from './token.js';

/** Monotonic and wall-clock time. */
export interface Clock {
  /** Milliseconds since an arbitrary start, fractional, never going back. */
  now(): number;
  /** Milliseconds since the Unix epoch; may jump. */
  wall(): number;
}
export const Clock = token<Clock>('Clock');

/** A one-shot timer that can be started again and again without allocating. */
export interface Timer {
  /** (Re)start: fires once, `milliseconds` from now. */
  start(milliseconds: number): void;
  stop(): void;
  readonly running: boolean;
}

export interface Timers {
  /** A stopped timer that calls `expire` each time it runs out. Timers of an engine end with the engine. */
  timer(expire: () => void): Timer;
}
export const Timers = token<Timers>('Timers');

/** The only source of randomness: seeded in the simulator. */
export interface Random {
  /** Uniform in [0, bound), integer. */
  below(bound: number): number;
}
export const Random = token<Random>('Random');

export interface Logger {
  error(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  debug(message: string, fields?: Record<string, unknown>): void;
  trace(message: string, fields?: Record<string, unknown>): void;
  /** Is a level that costs something to build wanted? */
  enabled(level: 'debug' | 'trace'): boolean;
}
export const Logger = token<Logger>('Logger');

/** A number that only the owner writes; the executive shows it in the database. */
export interface Counter {
  value: number;
}

export interface Counters {
  /** The counter with this name below the engine's own prefix; the same object each time. */
  counter(name: string): Counter;
}
export const Counters = token<Counters>('Counters');
