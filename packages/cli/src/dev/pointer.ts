import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CoterieError } from '@coterie/sdk';

/** What a running development cluster leaves in its project so that other commands find it. */
export interface Pointer {
  /** Of the process that runs the cluster. */
  readonly pid: number;
  /** A folder of the cluster's own for as long as it runs; the daemons' run folders lie in it. */
  readonly runs: string;
  readonly nodes: readonly { readonly nodeId: number; readonly runDir: string }[];
}

/** Where a project keeps its development cluster: configuration, logs, state, and the pointer. */
export function workFolder(project: string): string {
  return join(project, '.coterie', 'dev');
}

/** The nearest folder at or above `from` that has a package.json; `from` itself if there is none. */
export function projectAt(from: string): string {
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json'))) return folder;
    if (folder === dirname(folder)) return from;
  }
}

/** The development cluster that runs for the project at or above `from`. */
export function runningCluster(from: string): Pointer | undefined {
  for (let folder = from; ; folder = dirname(folder)) {
    const pointer = read(join(workFolder(folder), 'cluster.json'));
    if (pointer && isRunning(pointer)) return pointer;
    if (folder === dirname(folder)) return undefined;
  }
}

/**
 * Claims the project for a cluster; what one that was killed has left is cleared away.
 * @throws CoterieError COTERIE_E_DEV_RUNNING
 */
export function claim(project: string, pointer: Pointer): () => void {
  const path = join(workFolder(project), 'cluster.json');
  const left = read(path);
  if (left && isRunning(left)) {
    throw new CoterieError(
      'COTERIE_E_DEV_RUNNING',
      `a development cluster already runs for ${project} (process ${left.pid}): look at it with "coterie status", or stop it first. If that process is another one, delete ${path}`,
    );
  }
  if (left) rmSync(left.runs, { recursive: true, force: true });
  rmSync(path, { force: true });
  mkdirSync(dirname(path), { recursive: true });
  try {
    writeFileSync(path, `${JSON.stringify(pointer, undefined, 2)}\n`, { flag: 'wx' });
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
    throw new CoterieError('COTERIE_E_DEV_RUNNING', `another "coterie dev" has just started for ${project}`, {
      cause,
    });
  }
  return () => rmSync(path, { force: true });
}

function isRunning(pointer: Pointer): boolean {
  if (!existsSync(pointer.runs)) return false;
  try {
    process.kill(pointer.pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function read(path: string): Pointer | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Pointer;
  } catch {
    return undefined;
  }
}
