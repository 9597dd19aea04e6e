import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { until } from '../interop/until.js';
import { PATIENCE } from './ring.js';

/** What a daemon holds of the machine. */
export interface Resources {
  /** Bytes after a collection of garbage: heap of JavaScript, and buffers outside of it. */
  readonly heap: number;
  /** KiB of memory of the process, and KiB of it that a device may read or write. */
  readonly resident: number;
  readonly pinned: number;
  readonly files: number;
  readonly queuePairs: number;
  readonly memoryRegions: number;
  readonly completionQueues: number;
  readonly connections: number;
}

export type Resource = keyof Resources;

/** @param heaps where heap-on-signal.ts, which the daemon has loaded, writes */
export async function resources(pid: number, heaps: string): Promise<Resources> {
  const file = join(heaps, `${pid}`);
  rmSync(file, { force: true });
  process.kill(pid, 'SIGURG');
  let heap = NaN;
  await until(`the heap of ${pid}`, PATIENCE, () => {
    try {
      heap = Number(readFileSync(file, 'utf8'));
      return undefined;
    } catch {
      return 'it does not tell';
    }
  });
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kib = (name: string) => Number(new RegExp(`^${name}:\\s*(\\d+) kB`, 'm').exec(status)?.[1] ?? NaN);
  return {
    heap,
    resident: kib('VmRSS'),
    pinned: kib('VmPin'),
    files: readdirSync(`/proc/${pid}/fd`).length,
    queuePairs: registered('qp', pid),
    memoryRegions: registered('mr', pid),
    completionQueues: registered('cq', pid),
    connections: registered('cm_id', pid),
  };
}

/** How many of a kind of thing the kernel has registered for a process with its devices. */
function registered(kind: string, pid: number): number {
  const output = execFileSync('rdma', ['-j', 'resource', 'show', kind, 'pid', `${pid}`], {
    encoding: 'utf8',
  });
  return (JSON.parse(output) as { pid?: number }[]).filter((each) => each.pid === pid).length;
}
