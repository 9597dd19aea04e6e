import { CoterieError } from '@coterie/sdk';
import type { Hook } from '@oclif/core';
import { distance } from 'fastest-levenshtein';

/** Called by oclif. */
const refuse: Hook.CommandNotFound = async ({ id, config }) => {
  const wanted = id.replaceAll(':', ' ');
  const known = config.commandIDs.map((command) => command.replaceAll(':', ' '));
  const nearest = known.toSorted((a, b) => distance(wanted, a) - distance(wanted, b))[0];
  const hint =
    nearest !== undefined && distance(wanted, nearest) <= wanted.length / 3
      ? `did you mean "${nearest}"? `
      : '';
  throw new CoterieError(
    'COTERIE_E_USAGE',
    `there is no command "${wanted}": ${hint}"coterie --help" lists all commands`,
  );
};

export default refuse;
