/** `npm start`: install, build, and show a cluster at work. Arguments go to `coterie dev`. */
import { readFileSync } from 'node:fs';
import { ready } from './ready.mjs';

const failed = ready();
if (failed !== 0) process.exit(failed);

// npm runs this through a shell that passes no signals on: when either is gone, leave as if asked to.
const parents = `${process.ppid} ${parentOf(process.ppid)}`;
const watch = setInterval(() => {
  if (`${process.ppid} ${parentOf(process.ppid)}` === parents) return;
  clearInterval(watch);
  process.kill(process.pid, 'SIGTERM');
}, 500);
if (process.env.npm_lifecycle_event === undefined) clearInterval(watch);
watch.unref();

process.argv.splice(2, 0, 'dev');
await import('../packages/cli/bin/coterie.js');

/** Undefined where there is no /proc, and of a process that has gone. */
function parentOf(pid) {
  try {
    // The fields behind the command's name in brackets: state, parent.
    return readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ')[1];
  } catch {
    return undefined;
  }
}
