/**
 * Loaded into every daemon of a development cluster ahead of its own code (`node --import`). The command that
 * started the daemon holds the other end of its standard input; when that goes, however it goes, so does the daemon.
 */
const PATIENCE = 5_000;

process.stdin.on('end', () => {
  process.kill(process.pid, 'SIGTERM');
  setTimeout(() => process.kill(process.pid, 'SIGKILL'), PATIENCE).unref();
});
process.stdin.on('error', () => process.kill(process.pid, 'SIGKILL'));
process.stdin.resume();
process.stdin.unref();
