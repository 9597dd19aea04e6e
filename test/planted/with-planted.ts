import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const child = fileURLToPath(new URL('child.js', import.meta.url));
const preload = new URL('preload.js', import.meta.url).href;

/**
 * Runs a program in a process of its own in which the bug is planted, or none if `bug` is undefined: the default
 * export of the module `program`, called with `argument`. What goes in and out has to survive JSON. Rejects, with
 * what the process said, if it throws or does not return within `timeout` milliseconds.
 */
export async function withPlanted<Result>(
  bug: string | undefined,
  program: URL,
  argument: unknown,
  timeout = 120_000,
): Promise<Result> {
  const running = fork(child, [program.href, JSON.stringify(argument)], {
    execArgv: bug === undefined ? [] : ['--import', preload],
    env: { ...process.env, ...(bug === undefined ? {} : { COTERIE_PLANTED_BUG: bug }) },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    timeout,
    killSignal: 'SIGKILL',
  });
  let said = '';
  let answer: { readonly result: Result } | undefined;
  running.stderr!.on('data', (bytes: Buffer) => (said = (said + bytes.toString()).slice(-4000)));
  running.on('message', (message) => (answer = message as { result: Result }));
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve, reject) => {
    running.once('error', reject);
    running.once('close', (...end) => resolve(end));
  });
  if (answer !== undefined && code === 0) return answer.result;
  throw new Error(`with ${bug ?? 'no bug'} planted the process ended with ${signal ?? code}: ${said}`);
}
