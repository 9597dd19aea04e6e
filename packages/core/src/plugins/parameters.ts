import { injectedParameters, type Injectable } from '@coterie/sdk';
import type { PluginProblem } from './plugin-package.js';

/**
 * What keeps a class from being built as its constructor says; nothing: it can be.
 * @param who what the class is called in the messages, which have no full stop
 */
export function parameterProblems(
  type: Injectable<unknown>,
  who: string,
): Pick<PluginProblem, 'code' | 'message'>[] {
  const parent = unaskedParent(type);
  if (parent !== undefined) {
    const message = `${who} has no constructor: that of ${parent.name} would get nothing of what it asks for`;
    return [{ code: 'COTERIE_E_INJECT_INHERITED', message }];
  }
  const named = injectedParameters(type);
  return Array.from({ length: Math.max(type.length, named.length) }, (_, index) => index)
    .filter((index) => named[index] === undefined)
    .map((index) => ({
      code: 'COTERIE_E_INJECT_PARAMETER',
      message: `parameter ${index} of the constructor of ${who} has no @inject(...)`,
    }));
}

/**
 * The class whose constructor runs instead of one of `type`'s own and asks for something. What is injected belongs to
 * the class whose constructor names it: parameters that are undefined would be noticed later, or never.
 */
function unaskedParent(type: Injectable<unknown>): Injectable<unknown> | undefined {
  for (let each = type; !hasConstructor(each);) {
    each = Object.getPrototypeOf(each) as Injectable<unknown>;
    if (each === Function.prototype) return undefined;
    if (injectedParameters(each).length > 0) return each;
  }
  return undefined;
}

/** The class itself does not tell: without a constructor it has the length of one without parameters. */
function hasConstructor(type: Injectable<unknown>): boolean {
  return /\bconstructor\s*\(/.test(Function.prototype.toString.call(type));
}
