/** Brings a clone to the state in which it can run: dependencies installed, sources built. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('..', import.meta.url));

/** Runs a command of the project in its root; its output is the user's. Returns the exit code. */
export function run(command, ...args) {
  const done = spawnSync(command, args, { cwd: root, stdio: 'inherit', shell: process.platform === 'win32' });
  if (done.error) console.error(`${command}: ${done.error.message}`);
  return done.status ?? 1;
}

/** Installs what the lock file names, unless it is there, and builds. Returns the exit code of the step that failed, or 0. */
export function ready() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    console.error(`Coterie needs Node.js 20.19 or later; this is ${process.version}.`);
    return 1;
  }
  if (!existsSync(join(root, 'packages/cli/dist'))) {
    console.log('The first time this installs and builds, which takes a minute or two.');
  }
  return (installed() ? 0 : run('npm', 'ci')) || run('npm', 'run', '--silent', 'build');
}

/** Does node_modules hold what package-lock.json names? npm keeps its own account of it in a hidden lock file. */
function installed() {
  const wanted = packages('package-lock.json');
  const present = packages('node_modules/.package-lock.json');
  return Object.entries(wanted ?? {}).every(([path, { version, optional }]) => {
    const inPlace = path.startsWith('node_modules/') || path.includes('/node_modules/');
    return !inPlace || optional || (present?.[path] !== undefined && present[path].version === version);
  });
}

function packages(lock) {
  try {
    return JSON.parse(readFileSync(join(root, lock), 'utf8')).packages;
  } catch {
    return undefined;
  }
}
