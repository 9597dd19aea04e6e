import type { Database, Nodelist } from '@coterie/sdk';
import type { Settings } from './rules.js';

/** The section `quorum` as the database has it now, where clients may change it, and the nodelist. */
export function settingsOf(database: Database, nodelist: Nodelist): Settings {
  const get = (name: string) => database.get(`quorum.${name}`)?.value;
  return {
    number(name) {
      const value = get(name);
      const decimal = typeof value === 'string' && /^\d{1,10}$/.test(value);
      const n = decimal ? Number(value) : value;
      return typeof n === 'number' && Number.isInteger(n) && n >= 0 && n < 2 ** 32 ? n : undefined;
    },
    text(name) {
      const value = get(name);
      return typeof value === 'string' ? value : undefined;
    },
    nodeVotes: nodelist.nodes.map((node) => node.votes),
    localVotes: nodelist.local.votes,
  };
}
