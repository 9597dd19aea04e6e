import { Args } from '@oclif/core';
import { DatabaseCommand, explained, missing } from '../../db/command.js';
import { plainValue, showValue, type TypeName } from '../../db/value.js';
import { printable } from '../../paint.js';

export default class DbGet extends DatabaseCommand {
  static override summary = 'Print the value of a key of the database';
  static override args = { key: Args.string({ description: 'The whole key', required: true }) };
  static override enableJsonFlag = true;

  async run(): Promise<{ key: string; type: TypeName; value: string | number }> {
    const { args, flags } = await this.parse(DbGet);
    await using database = await this.open(flags, args.key);
    const stored = await explained(args.key, database.get(args.key));
    if (stored === undefined) throw missing(args.key);
    this.log(printable(showValue(stored)));
    return { key: args.key, ...plainValue(stored) };
  }
}
