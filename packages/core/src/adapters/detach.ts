import { spawn } from 'node:child_process';
import { ExitCode } from './exit-codes.js';

/** What a daemon in the background tells the command that started it. */
export type Report = { readonly ready: true } | { readonly failed: string };

/** Starts the same program again, on its own, and waits until it runs. Returns the exit code for this one. */
export function runDetached(program: string, args: readonly string[]): Promise<number> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [...process.execArgv, program, '--detached', ...args], {
      detached: true,
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    child.on('message', (report: Report) => {
      if ('failed' in report) process.stderr.write(`${report.failed}\n`);
      else {
        child.disconnect();
        child.unref();
        resolve(ExitCode.LEFT);
      }
    });
    child.on('error', (error) => {
      process.stderr.write(`coteried: ${error.message}\n`);
      resolve(ExitCode.INTERNAL);
    });
    child.on('exit', (code) => resolve(code ?? ExitCode.INTERNAL));
  });
}

/** In the child: tells its parent, which may have gone. */
export function tellParent(report: Report): Promise<void> {
  return new Promise((resolve) => {
    if (!process.connected || process.send === undefined) return resolve();
    process.send(report, undefined, undefined, () => resolve());
  });
}
