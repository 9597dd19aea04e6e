import 'reflect-metadata';
import type { Token } from './token.js';

const PARAMETERS = Symbol.for('@coterie/sdk/parameters@1');

export interface InjectedParameter {
  readonly token: symbol;
  /** Absent providers give undefined instead of an error. */
  readonly optional: boolean;
}

type Constructor = abstract new (...args: never[]) => unknown;

/**
 * Names what the executive passes for a constructor parameter. Every parameter of a plugin's class needs one:
 * TypeScript's own parameter metadata says `Object` for an interface, so the executive never guesses from it.
 */
export function inject(token: Token<unknown>, options: { optional?: boolean } = {}) {
  return (target: object, _: string | symbol | undefined, index: number): void => {
    const known = (Reflect.getOwnMetadata(PARAMETERS, target) as InjectedParameter[] | undefined) ?? [];
    const parameters = known.slice();
    parameters[index] = { token, optional: options.optional ?? false };
    Reflect.defineMetadata(PARAMETERS, parameters, target);
  };
}

/** The tokens by parameter position; a hole is a parameter without {@link inject}. `type.length` tells how many there must be. */
export function injectedParameters(type: Constructor): readonly (InjectedParameter | undefined)[] {
  return (Reflect.getOwnMetadata(PARAMETERS, type) as InjectedParameter[] | undefined) ?? [];
}
