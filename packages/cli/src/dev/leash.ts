import { rmdirSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Loaded into every daemon of a development cluster ahead of its own code (`node --import`). The command that
 * started the daemon holds the other end of its standard input; when that goes, however it goes, so does the daemon.
 */
const PATIENCE = 5_000;

process.stdin.on('end', () => {
  process.once('exit', removeRunFolder);
  process.kill(process.pid, 'SIGTERM');
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), PATIENCE).unref();
});
process.stdin.on('error', () => process.kill(process.pid, 'SIGKILL'));
process.stdin.resume();
process.stdin.unref();

/** Nobody else is left to do it: the daemon's own run folder, and the cluster's with the last one. */
function removeRunFolder(): void {
  const option = process.argv.indexOf('--run-dir');
  const folder = option < 0 ? undefined : process.argv[option + 1];
  if (folder === undefined) return;
  try {
    rmdirSync(folder);
    rmdirSync(dirname(folder));
  } catch {
    // Something is in it still.
  }
}
