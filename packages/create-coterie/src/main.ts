import { parseArgs } from 'node:util';
import { CoterieError } from '@coterie/sdk';
import { askFor, type Wanted } from './ask.js';
import { generate, type Generated } from './generate.js';
import { KINDS } from './project.js';

const USAGE = `Usage: npm create coterie@latest [${KINDS.join('|')}] [NAME] -- [options]

Writes an engine, a transport or a daemon of Coterie to begin with.

      --service N      number of an engine's service, 1024 to 65535; one follows from the name
      --directory DIR  where the files go; a folder by the name
  -y, --yes            ask nothing
      --dry-run        say what would be written, and write nothing
  -h, --help           print this and exit`;

/** The program create-coterie: returns its exit code. */
export async function main(args: readonly string[]): Promise<number> {
  try {
    const { values, positionals } = parse(args);
    if (values.help) return print(USAGE);
    const wanted = wantedBy(positionals, values);
    const generated = generate({ ...(await askFor(wanted)), dryRun: values['dry-run'] }, process.cwd());
    return print(describe(generated, values['dry-run']));
  } catch (error) {
    if (!(error instanceof CoterieError)) throw error;
    process.stderr.write(`${error.code}: ${error.message}\n`);
    return 1;
  }
}

/** What was written, and what to type next. */
export function describe({ project, files, next }: Generated, dryRun: boolean): string {
  const list = files.map((path) => `  ${path}`).join('\n');
  if (dryRun) return `${project.directory} would get\n${list}`;
  return `${project.directory} has\n${list}\n\nNext:\n${next.map((line) => `  ${line}`).join('\n')}`;
}

function wantedBy(
  [kind, packageName, ...rest]: readonly string[],
  values: { service?: string | undefined; directory?: string | undefined; yes: boolean },
): Wanted {
  const known = KINDS.find((each) => each === kind);
  if (kind !== undefined && known === undefined) throw usage(`"${kind}" is none of ${KINDS.join(', ')}`);
  if (rest.length > 0) throw usage(`"${rest.join(' ')}" is too much: one kind, one name`);
  const { service, directory, yes } = values;
  return {
    ...(known === undefined ? {} : { kind: known }),
    ...(packageName === undefined ? {} : { packageName }),
    ...{ service: service === undefined ? undefined : Number(service), directory, yes },
  };
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        service: { type: 'string' },
        directory: { type: 'string' },
        yes: { type: 'boolean', short: 'y', default: false },
        'dry-run': { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (cause) {
    throw usage((cause as Error).message, cause);
  }
}

function usage(message: string, cause?: unknown): CoterieError {
  return new CoterieError('COTERIE_E_USAGE', `${message}\n\n${USAGE}`, { cause });
}

function print(text: string): number {
  process.stdout.write(`${text}\n`);
  return 0;
}
