import { askFor, generate, type Generated, type Kind } from 'create-coterie';
import { Args, Command, Flags } from '@oclif/core';
import { errorJson } from '../command.js';

/** What all generators are told. */
export const generatorArgs = {
  name: Args.string({ description: 'Name of the npm package; asked for if it is left out' }),
};
export const generatorFlags = {
  directory: Flags.string({ summary: 'Where the files go; a folder by the name' }),
  yes: Flags.boolean({ char: 'y', summary: 'Ask nothing' }),
  'dry-run': Flags.boolean({ summary: 'Say what would be written, and write nothing' }),
};

interface Told {
  readonly packageName: string | undefined;
  readonly service?: number | undefined;
  readonly flags: { directory?: string | undefined; yes: boolean; 'dry-run': boolean };
}

/** Writes a project from a template; what it is not told it asks for at a terminal. */
export abstract class GenerateCommand extends Command {
  static override enableJsonFlag = true;

  protected async write(kind: Kind, { packageName, service, flags }: Told): Promise<Generated> {
    const { directory, yes, 'dry-run': dryRun } = flags;
    const wishes = await askFor({ kind, service, directory, yes, ...(packageName ? { packageName } : {}) });
    const generated = generate({ ...wishes, dryRun }, process.cwd());
    this.log(`${generated.project.directory} ${dryRun ? 'would get' : 'has'}`);
    for (const path of generated.files) this.log(`  ${path}`);
    if (!dryRun) this.log(`\nNext:\n${generated.next.map((line) => `  ${line}`).join('\n')}`);
    return generated;
  }

  protected override toErrorJson(error: unknown): unknown {
    return errorJson(error);
  }
}
