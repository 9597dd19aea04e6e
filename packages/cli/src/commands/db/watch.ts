import type { DatabaseChange } from '@coterie/sdk';
import { Args, Flags } from '@oclif/core';
import { DatabaseCommand, explained } from '../../db/command.js';
import { plainValue, showValue, typeName } from '../../db/value.js';
import { interruption } from '../../interruption.js';
import { paint, printable } from '../../paint.js';

export default class DbWatch extends DatabaseCommand {
  static override summary = 'Print what changes below a prefix of the database, until interrupted';
  static override args = {
    prefix: Args.string({ description: 'How the keys begin; default: all' }),
  };
  static override flags = { exact: Flags.boolean({ summary: 'Only the key that PREFIX names' }) };
  static override enableJsonFlag = true;

  async run(): Promise<void> {
    const { args, flags } = await this.parse(DbWatch);
    const { prefix = '' } = args;
    const signal = interruption();
    try {
      await using database = await this.open(flags, prefix, signal);
      const changes = await explained(prefix, database.track(prefix, { prefix: !flags.exact, signal }));
      process.stderr.write(`${paint.quiet(`watching ${prefix || 'all keys'}`)}\n`);
      for await (const change of changes) {
        process.stdout.write(`${this.jsonEnabled() ? JSON.stringify(plain(change)) : told(change)}\n`);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }
}

function plain({ kind, key, old, value }: DatabaseChange): unknown {
  return { kind, key, old: old && plainValue(old), new: value && plainValue(value) };
}

function told({ kind, key, value }: DatabaseChange): string {
  const now = value ? ` (${typeName(value.type)}) = ${printable(showValue(value))}` : '';
  return `${kind.padEnd(6)} ${key}${now}`;
}
