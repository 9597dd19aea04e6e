import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runningCluster } from '../dist/dev/pointer.js';

const root = join(import.meta.dirname, '..', '..', '..');

/** A daemon's project in a folder of its own, with the plugins that the root of this repository names. */
export class Project {
  readonly folder = mkdtempSync(join(tmpdir(), 'coterie-project-'));

  constructor() {
    const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
      dependencies: unknown;
    };
    writeFileSync(join(this.folder, 'package.json'), JSON.stringify({ private: true, dependencies }));
    symlinkSync(join(root, 'node_modules'), join(this.folder, 'node_modules'));
  }

  /** Process ids of the daemons of the cluster that runs for this project, by node. */
  daemons(): number[] {
    const nodes = runningCluster(this.folder)?.nodes ?? [];
    return nodes.map(({ runDir }) => {
      const pid = Number(readFileSync(join(runDir, 'coteried.pid'), 'utf8'));
      // To kill process 0 would be to kill the tests.
      if (pid > 0) return pid;
      throw new Error(`${runDir} has no process id yet`);
    });
  }

  /** Folder of the sockets of the cluster that runs for this project. */
  runs(): string | undefined {
    return runningCluster(this.folder)?.runs;
  }

  remove(): void {
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Resolves once `test` is true; rejects after `milliseconds`. */
export async function eventually(
  milliseconds: number,
  test: () => boolean | Promise<boolean>,
): Promise<void> {
  const deadline = Date.now() + milliseconds;
  while (!(await test())) {
    if (Date.now() > deadline) throw new Error(`not within ${milliseconds} ms: ${test.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
