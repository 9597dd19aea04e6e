import { empty, type Infer } from '@coterie/sdk';
import { json } from '@coterie/sdk/json';

/** As in the manifest. */
export const SERVICE = 2002;

/** Characters of a task at most: however they are escaped, a message about it is one packet. */
const text = { type: 'string', maxLength: 160 };
const number = { type: 'integer', minimum: 0, maximum: 0xffff_ffff };

function object(properties: Readonly<Record<string, object>>): object {
  return { type: 'object', properties, required: Object.keys(properties), additionalProperties: false };
}

function list(items: object): object {
  return { type: 'array', items };
}

/** A connection of a program. A node that comes back has another life, in which its programs are others. */
export interface Program {
  readonly node: number;
  readonly life: number;
  readonly client: number;
}
const program = object({ node: number, life: number, client: number });

export interface Task {
  readonly id: number;
  readonly text: string;
}
const task = object({ id: number, text });

/** Request 0, from a program: somebody is to do this. It is answered with a {@link Receipt} once it is in the queue. */
export const Put = json<{ readonly text: string }>(object({ text }));

/** Request 1, from a worker: give me a task. It is answered with one as soon as there is one. */
export const Take = empty;
export const Task = json<Task>(task);

/** Request 2, from a worker: it is done. And what request 0 is answered with. */
export const Receipt = json<{ readonly id: number }>(object({ id: number }));

/** Message 0, to every member: a program puts a task into the queue. */
export const Added = json<{ readonly by: Program; readonly text: string }>(object({ by: program, text }));

/** Messages 1 and 3: a program waits for a task; it is gone, and with it what it had begun. */
export const Worker = json<Program>(program);

/** Message 2: a task is done. */
export const Finished = json<{ readonly by: Program; readonly id: number }>(
  object({ by: program, id: number }),
);

/** What members agree on. */
export const Queue = json<{
  /** The number of the next task. */
  readonly next: number;
  /** Tasks that nobody has begun, the oldest first. */
  readonly waiting: readonly Task[];
  readonly begun: readonly { readonly by: Program; readonly task: Task }[];
  /** Workers without a task, the one that waits longest first. */
  readonly idle: readonly Program[];
}>(
  object({
    next: number,
    waiting: list(task),
    begun: list(object({ by: program, task })),
    idle: list(program),
  }),
);
export type Queue = Infer<typeof Queue>;
