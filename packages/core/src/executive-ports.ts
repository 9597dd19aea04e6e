import type { ClientFiles, Clock, ConfigurationFile, Processes, Random, Storage, Timers } from '@coterie/sdk';
import type {
  Configuration as RingConfiguration,
  PacketObserver,
  RingIdStore,
  RingState,
} from '@coterie/totem';
import type { StreamListener } from './ipc/stream.js';
import type { Logs } from './observe/logs.js';

/** Follows what the ring does, before the engines hear of it: for simulations and their checkers. */
export interface RingObserver extends PacketObserver {
  state(state: RingState, cause: string): void;
  configuration(configuration: RingConfiguration): void;
  /** Synchronisation of the last regular configuration has ended. */
  synchronised(): void;
}

/** All that an executive does to the world goes through these: several of them can live in one process. */
export interface ExecutivePorts {
  readonly clock: Clock;
  readonly timers: Timers;
  readonly random: Random;
  readonly storage: Storage;
  /** Undefined: no program can be started here, and an engine that wants to is refused. */
  readonly processes?: Processes | undefined;
  /** Undefined: no program can share memory with an engine. */
  readonly clientFiles?: ClientFiles | undefined;
  /** Undefined: no program can have the configuration read again. */
  readonly configurationFile?: ConfigurationFile | undefined;
  /** The program that runs as this pid, empty if unknown; undefined: nobody tells. */
  readonly processName?: ((pid: number) => string) | undefined;
  readonly ringIds: RingIdStore;
  readonly logs: Logs;
  /** Where the built-in front-end listens; undefined: it does not run. */
  readonly listener: StreamListener | undefined;
  /** The user that the daemon runs as, who may always connect; -1 if unknown. */
  readonly uid: number;
  readonly observer?: RingObserver | undefined;
  /** As in {@link TotemPorts}. */
  readonly startSeq?: number | undefined;
}

/** Why the executive has ended. */
export interface Ending {
  /** `asked`: by {@link Executive.leave}, or by a program; `engine`: an engine wanted it; `failure`: it could not go on. */
  readonly kind: 'asked' | 'engine' | 'failure';
  readonly reason: string;
  /** What failed. */
  readonly error?: unknown;
}
