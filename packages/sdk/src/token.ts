declare const provides: unique symbol;

/**
 * Names a thing the executive can inject. A token is a registered symbol, so the token of a second copy of
 * the SDK in a plugin's own node_modules is the same token.
 */
export type Token<T> = symbol & { readonly [provides]?: T };

/** The token for `name`; the suffix `@1` is the major version of the SDK's contract. */
export function token<T>(name: string): Token<T> {
  return Symbol.for(`@coterie/sdk/${name}@1`) as Token<T>;
}
