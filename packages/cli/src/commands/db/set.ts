import { CoterieError } from '@coterie/sdk';
import { Args, Flags } from '@oclif/core';
import { DatabaseCommand, explained } from '../../db/command.js';
import { parseValue, plainValue, typeName, typeNames, type TypeName } from '../../db/value.js';

export default class DbSet extends DatabaseCommand {
  static override summary = 'Set a key of the database';
  static override description =
    'What is set below "cluster." is set on all nodes; the command ends when this node has it. Integers are decimal or 0x..., binaries hexadecimal digits.';
  static override args = {
    key: Args.string({ description: 'The whole key', required: true }),
    value: Args.string({ description: 'The new value', required: true }),
  };
  static override flags = {
    type: Flags.option({
      summary: 'Type of the value; default: that of the key now, or str',
      options: typeNames,
    })(),
    if: Flags.string({
      summary: 'Only if the key has this value now (compare and set)',
      exclusive: ['if-absent'],
    }),
    'if-absent': Flags.boolean({ summary: 'Only if there is no such key' }),
  };
  static override enableJsonFlag = true;

  async run(): Promise<{ key: string; type: TypeName; value: string | number }> {
    const { args, flags } = await this.parse(DbSet);
    const { key } = args;
    await using database = await this.open(flags, key);
    const now = await explained(key, database.get(key));
    const type = flags.type ?? (now ? typeName(now.type) : 'str');
    const value = parseValue(args.value, type);
    if (flags.if === undefined && !flags['if-absent']) {
      await explained(key, database.set(key, value));
    } else {
      const expected =
        flags.if === undefined ? undefined : parseValue(flags.if, now ? typeName(now.type) : type);
      if (!(await explained(key, database.compareAndSet(key, expected, value)))) {
        throw new CoterieError(
          'COTERIE_E_DB_CHANGED',
          `${key} does not hold what was expected: nothing was set`,
        );
      }
    }
    return { key, ...plainValue(value) };
  }
}
