import { register } from 'node:module';
import { PARAMETER } from '../../known-bugs/graphs.js';
import { findBug } from '../bugs.js';
import type { Found, Search } from './search.js';

/** Seeds to try with a bug planted, or with none if that is undefined. */
export interface Trial extends Search {
  readonly bug?: string;
}

/** Tries many bugs in one process, each in a graph of modules of its own: what each trial found, in turn. */
export default async function replay(trials: readonly Trial[]): Promise<(Found | null)[]> {
  const bugs = trials.flatMap(({ bug }) => (bug === undefined ? [] : [findBug(bug)]));
  const root = new URL('../../../../', import.meta.url).href;
  register('../../known-bugs/graphs.js', import.meta.url, { data: { bugs, root } });
  const found: (Found | null)[] = [];
  for (const { bug, ...seeds } of trials) {
    const url = new URL('search.js', import.meta.url);
    if (bug !== undefined) url.searchParams.set(PARAMETER, bug);
    const { default: search } = (await import(url.href)) as typeof import('./search.js');
    found.push(await search(seeds));
  }
  return found;
}
