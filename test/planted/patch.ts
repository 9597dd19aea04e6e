import type { LoadHook } from 'node:module';
import type { PlantedBug } from './bug.js';

let bug: PlantedBug;

/** Called in the thread of the hooks, with what `register` was given. */
export function initialize(planted: PlantedBug): void {
  bug = planted;
}

/** Changes the file of the bug while it is loaded (node:module, customization hooks). */
export const load: LoadHook = async (url, context, nextLoad) => {
  const loaded = await nextLoad(url, context);
  if (!url.endsWith(`/packages/${bug.file}`)) return loaded;
  return { ...loaded, source: plant(bug, String(loaded.source)) };
};

/** The source with the bug in it. Throws if the bug does not fit it any more. */
export function plant({ name, find, replace, file }: PlantedBug, source: string): string {
  const parts = source.split(find);
  if (parts.length !== 2)
    throw new Error(`the bug ${name} is stale: its pattern occurs ${parts.length - 1} times in ${file}`);
  return parts.join(replace);
}
