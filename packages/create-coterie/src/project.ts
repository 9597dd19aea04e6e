import { basename, resolve } from 'node:path';
import { CoterieError } from '@coterie/sdk';

export const KINDS = ['engine', 'transport', 'daemon'] as const;
export type Kind = (typeof KINDS)[number];

/** What is to be written, with everything decided. */
export interface Project {
  readonly kind: Kind;
  /** npm package name: `my-engine`, `@acme/my-engine`. */
  readonly packageName: string;
  /** Without the scope: of the plugin, its section of corosync.conf and its folder. */
  readonly name: string;
  readonly service: number;
  /** Absolute. */
  readonly directory: string;
}

/** What an author may say about it. */
export interface Wishes {
  readonly kind: Kind;
  readonly packageName: string;
  readonly service?: number | undefined;
  readonly directory?: string | undefined;
}

/** Numbers from 1024 on are for everybody. */
const FIRST_SERVICE = 1024;
const LAST_SERVICE = 65_535;
const PACKAGE_NAME = /^(?:@[a-z0-9][a-z0-9._-]*\/)?([a-z][a-z0-9-]{1,39})$/;

/** @throws CoterieError COTERIE_E_GENERATE_NAME */
export function decide({ kind, packageName, service, directory }: Wishes, from: string): Project {
  const name = nameOf(packageName);
  if (name === undefined) {
    throw refused(
      `"${packageName}" is no name: a lower-case letter, then 1 to 39 of a-z, 0-9 and -; a scope like @acme/ may stand in front`,
    );
  }
  if (service !== undefined && !isService(service)) {
    throw refused(
      `${service} is no service number for a third party: those are ${FIRST_SERVICE} to ${LAST_SERVICE}`,
    );
  }
  return {
    ...{ kind, packageName, name },
    service: service ?? serviceOf(packageName),
    directory: resolve(from, directory ?? name),
  };
}

/** Undefined for what is no name of a package that could hold a plugin. */
export function nameOf(packageName: string): string | undefined {
  return PACKAGE_NAME.exec(packageName)?.[1];
}

export function isService(number: number): boolean {
  return Number.isInteger(number) && number >= FIRST_SERVICE && number <= LAST_SERVICE;
}

/** A number that two authors are unlikely to share: FNV-1a of the name, in the range for third parties. */
export function serviceOf(packageName: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(packageName)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return FIRST_SERVICE + (hash % (LAST_SERVICE - FIRST_SERVICE + 1));
}

/** `MyEngine` for `my-engine`. */
export function className(name: string): string {
  return name.replace(/(?:^|-)([a-z0-9]?)/g, (_, letter: string) => letter.toUpperCase());
}

/** What `npm pack` calls the tarball, its version being the template's. */
export function tarball(packageName: string, version: string): string {
  return `${packageName.replace(/^@/, '').replace('/', '-')}-${version}.tgz`;
}

export function folderOf({ directory }: Project): string {
  return basename(directory);
}

function refused(message: string): CoterieError {
  return new CoterieError('COTERIE_E_GENERATE_NAME', message);
}
