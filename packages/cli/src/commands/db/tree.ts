import { Args } from '@oclif/core';
import { DatabaseCommand, explained } from '../../db/command.js';
import { plainValue, showValue, typeName, type TypeName } from '../../db/value.js';
import { paint, printable } from '../../paint.js';

interface Listed {
  readonly key: string;
  readonly type: TypeName;
  readonly value: string | number;
}

export default class DbTree extends DatabaseCommand {
  static override summary = 'Show the keys of the database as a tree, with their values';
  static override args = {
    prefix: Args.string({ description: 'How the keys begin; default: all' }),
  };
  static override enableJsonFlag = true;

  async run(): Promise<{ keys: Listed[] }> {
    const { args, flags } = await this.parse(DbTree);
    const { prefix = '' } = args;
    await using database = await this.open(flags, prefix);
    const keys: Listed[] = [];
    let shown: readonly string[] = [];
    const items = database.iterate(prefix);
    for (let next = await explained(prefix, items.next()); !next.done; next = await items.next()) {
      const { key, value } = next.value;
      keys.push({ key, ...plainValue(value) });
      const path = key.split('.');
      const name = path.pop() ?? key;
      for (const line of branches(shown, path)) this.log(paint.title(line));
      shown = path;
      const text = `${name} ${paint.quiet(`(${typeName(value.type)})`)} = ${printable(showValue(value))}`;
      this.log('  '.repeat(path.length) + text);
    }
    if (keys.length === 0) this.log(`There are no keys below ${prefix || 'the root'}.`);
    return { keys };
  }
}

/** The lines of the objects on the way to `path` that the last ones did not show. */
function branches(shown: readonly string[], path: readonly string[]): string[] {
  const differs = path.findIndex((name, depth) => shown[depth] !== name);
  if (differs < 0) return [];
  return path.slice(differs).map((name, index) => '  '.repeat(differs + index) + name);
}
