import { Args } from '@oclif/core';
import { DatabaseCommand, explained, missing } from '../../db/command.js';

export default class DbDelete extends DatabaseCommand {
  static override summary = 'Delete a key of the database';
  static override args = { key: Args.string({ description: 'The whole key', required: true }) };
  static override enableJsonFlag = true;

  async run(): Promise<{ key: string }> {
    const { args, flags } = await this.parse(DbDelete);
    const { key } = args;
    await using database = await this.open(flags, key);
    if (!(await explained(key, database.delete(key)))) throw missing(key);
    return { key };
  }
}
