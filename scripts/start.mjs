/** `npm start`: install, build, and show a cluster at work. Arguments go to `coterie dev`. */
import { ready } from './ready.mjs';

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Coterie needs Node.js 20.19 or later; this is ${process.version}.`);
  process.exit(1);
}

const failed = ready();
if (failed !== 0) process.exit(failed);

// npm runs this through a shell that passes no signals on: when the shell is gone, leave as if asked to.
const parent = process.ppid;
const watch = setInterval(() => {
  if (process.ppid === parent) return;
  clearInterval(watch);
  process.kill(process.pid, 'SIGTERM');
}, 500);
watch.unref();

process.argv.splice(2, 0, 'dev');
await import('../packages/cli/bin/coterie.js');
