import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { lookup } from 'node:dns/promises';
import { hostname, networkInterfaces } from 'node:os';
import type { Host } from '../config/configuration.js';

/** Milliseconds that a name server has for all names. */
const RESOLUTION = 5000;

/** This machine; names that are not resolved in time are left out. */
export async function readHost(names: readonly string[]): Promise<Host> {
  const addresses = Object.values(networkInterfaces()).flatMap((each) =>
    (each ?? []).map(({ address }) => address),
  );
  return {
    hostname: hostname(),
    addresses,
    resolved: await resolveAll(names),
    user: (name) => numberOf('passwd', name),
    group: (name) => numberOf('group', name),
  };
}

/** What the system calls the program of a process; empty if it does not tell, or the process is gone. */
export function processName(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/comm`, 'utf8').replace(/\n$/, '');
  } catch {
    return '';
  }
}

async function resolveAll(names: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
  const resolved = new Map<string, readonly string[]>();
  let timeout: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => (timeout = setTimeout(resolve, RESOLUTION)));
  const all = names.map(async (name) => {
    const found = await lookup(name, { all: true }).catch(() => []);
    if (found.length > 0)
      resolved.set(
        name,
        found.map(({ address }) => address),
      );
  });
  await Promise.race([late, Promise.all(all)]);
  clearTimeout(timeout);
  return new Map(resolved);
}

/** Number and primary group of a user, by name or number. */
export function accountOf(user: string): { uid: number; gid: number } | undefined {
  const [, , uid = '', gid = ''] = entryOf('passwd', user) ?? [];
  return uid === '' || gid === '' ? undefined : { uid: Number(uid), gid: Number(gid) };
}

function numberOf(database: 'passwd' | 'group', name: string): number | undefined {
  const number = Number(entryOf(database, name)?.[2] ?? NaN);
  return Number.isInteger(number) ? number : undefined;
}

/** Node knows its own user only; the C library's databases know all. */
function entryOf(database: 'passwd' | 'group', name: string): readonly string[] | undefined {
  const { status, stdout } = spawnSync('getent', [database, '--', name], { encoding: 'utf8' });
  return status === 0 ? stdout.trimEnd().split(':') : undefined;
}
