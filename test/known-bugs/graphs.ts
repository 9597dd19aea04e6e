import type { LoadHook, ResolveHook } from 'node:module';
import type { PlantedBug } from '../planted/bug.js';
import { plant } from '../planted/patch.js';

/** What names, in the address of a module, the bug that is planted in it and in all that it imports. */
export const PARAMETER = 'planted';

let bugs: ReadonlyMap<string, PlantedBug>;
let root: string;

/** Called in the thread of the hooks, with what `register` was given: `root` ends with a slash. */
export function initialize(given: { readonly bugs: readonly PlantedBug[]; readonly root: string }): void {
  bugs = new Map(given.bugs.map((bug) => [bug.name, bug]));
  root = given.root;
}

/** What a module with a bug imports has the same bug, so that each bug has a graph of modules of its own. */
export const resolve: ResolveHook = async (specifier, context, nextResolve) => {
  const resolved = await nextResolve(specifier, context);
  const name = context.parentURL === undefined ? null : planted(context.parentURL);
  if (name === null || !resolved.url.startsWith(root) || resolved.url.includes('/node_modules/'))
    return resolved;
  const url = new URL(resolved.url);
  url.searchParams.set(PARAMETER, name);
  return { ...resolved, url: url.href };
};

export const load: LoadHook = async (url, context, nextLoad) => {
  const loaded = await nextLoad(url, context);
  const bug = bugs.get(planted(url) ?? '');
  if (bug === undefined || !new URL(url).pathname.endsWith(`/packages/${bug.file}`)) return loaded;
  return { ...loaded, source: plant(bug, String(loaded.source)) };
};

function planted(url: string): string | null {
  return url.startsWith('file:') ? new URL(url).searchParams.get(PARAMETER) : null;
}
