import type { Engine } from './engine.js';
import type { FrontEnd } from './front-end.js';
import type { Token } from './token.js';
import type { TransportClass } from './transport.js';

/** A class whose constructor parameters all carry `@inject`. */
export type Injectable<T> = new (...args: never[]) => T;

/** A thing that a plugin makes for its own engines (`scope: plugin`) or for every plugin (`scope: daemon`). */
export interface Provision<T = unknown> {
  readonly token: Token<T>;
  readonly useClass: Injectable<T>;
  readonly scope: 'plugin' | 'daemon';
}

/** What the module that a manifest's `entry` names exports as `plugin`. */
export interface Plugin {
  readonly $type: '@coterie/plugin';
  readonly version: 1;
  readonly engines: readonly Injectable<Engine>[];
  /** By the name that `totem.transport` selects. */
  readonly transports: Readonly<Record<string, TransportClass>>;
  readonly frontEnds: readonly Injectable<FrontEnd>[];
  readonly provides: readonly Provision[];
}

export interface PluginDefinition {
  engines?: readonly Injectable<object & Engine>[];
  transports?: Readonly<Record<string, TransportClass>>;
  frontEnds?: readonly Injectable<FrontEnd>[];
  provides?: readonly Provision[];
}

export function definePlugin(definition: PluginDefinition): Plugin {
  return {
    $type: '@coterie/plugin',
    version: 1,
    engines: definition.engines ?? [],
    transports: definition.transports ?? {},
    frontEnds: definition.frontEnds ?? [],
    provides: definition.provides ?? [],
  };
}
