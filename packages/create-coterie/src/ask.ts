import { createInterface } from 'node:readline/promises';
import { CoterieError } from '@coterie/sdk';
import { KINDS, isService, nameOf, serviceOf, type Kind, type Wishes } from './project.js';

/** Puts a question to the user; an empty answer means the suggestion. */
export type Asker = (question: string, suggestion: string) => Promise<string>;

/** What the user has said so far; whatever is missing is asked for, or decided where nobody can be asked. */
export type Wanted = Partial<Wishes> & { readonly yes?: boolean | undefined };

/**
 * Completes what is wanted by questions on the terminal, each again until its answer makes sense.
 * @throws CoterieError COTERIE_E_USAGE if kind or name are missing and nobody can be asked
 */
export async function askFor(wanted: Wanted, ask: Asker | undefined = terminal()): Promise<Wishes> {
  const question = wanted.yes ? undefined : ask;
  const kind = wanted.kind ?? (await choose(question));
  const packageName = wanted.packageName ?? (await chooseName(question, kind));
  const service =
    wanted.service ?? (kind === 'engine' ? await chooseService(question, packageName) : undefined);
  return { kind, packageName, service, directory: wanted.directory };
}

async function choose(ask: Asker | undefined): Promise<Kind> {
  if (ask === undefined) throw missing(`what to write: ${KINDS.join(', ')}`);
  for (;;) {
    const answer = await ask(`What is it to be: ${KINDS.join(', ')}?`, 'engine');
    const kind = KINDS.find((each) => each === answer);
    if (kind !== undefined) return kind;
  }
}

async function chooseName(ask: Asker | undefined, kind: Kind): Promise<string> {
  if (ask === undefined) throw missing(`the name of the ${kind}`);
  for (;;) {
    const answer = await ask('Its name, as an npm package?', `my-${kind}`);
    if (nameOf(answer) !== undefined) return answer;
  }
}

async function chooseService(ask: Asker | undefined, packageName: string): Promise<number | undefined> {
  if (ask === undefined || nameOf(packageName) === undefined) return undefined;
  for (;;) {
    const answer = Number(await ask('Its service number, 1024 to 65535?', `${serviceOf(packageName)}`));
    if (isService(answer)) return answer;
  }
}

function missing(what: string): CoterieError {
  return new CoterieError('COTERIE_E_USAGE', `say ${what}; there is no terminal to ask at`);
}

/** Undefined where no user sits at the other end. */
function terminal(): Asker | undefined {
  if (!process.stdin.isTTY || !process.stdout.isTTY) return undefined;
  return async (question, suggestion) => {
    const dialogue = createInterface({ input: process.stdin, output: process.stdout });
    try {
      return (await dialogue.question(`${question} [${suggestion}] `)).trim() || suggestion;
    } finally {
      dialogue.close();
    }
  };
}
