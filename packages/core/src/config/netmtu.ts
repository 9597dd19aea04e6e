import { value } from '@coterie/sdk';
import type { Configuration } from './configuration.js';

/** `totem.netmtu` when the transport is to say what it carries. */
export const AUTO = 'auto';

/** Bytes; below this, packets have no room for messages beside their headers. */
export const LEAST_NETMTU = 256;
/** What fits into a datagram of UDP over IPv4. */
export const LARGEST_NETMTU = 65_507;

/** Does the file leave it to the transport? */
export function isNetmtuAutomatic({ section }: Pick<Configuration, 'section'>): boolean {
  return section('totem').netmtu === AUTO;
}

/** @param netmtu what was found out, in bytes */
export function withNetmtu(configuration: Configuration, netmtu: number): Configuration {
  return {
    ...configuration,
    totem: { ...configuration.totem, netmtu },
    transportSettings: { ...configuration.transportSettings, netmtu },
    keys: new Map(configuration.keys).set('totem.netmtu', value.u32(netmtu)),
  };
}

/** A configuration that has been read again, with what the one in force has found out. */
export function keepNetmtu(old: Configuration, next: Configuration): Configuration {
  const both = isNetmtuAutomatic(old) && isNetmtuAutomatic(next);
  return both ? withNetmtu(next, old.totem.netmtu) : next;
}
