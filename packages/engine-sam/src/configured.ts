import { CoterieError } from '@coterie/sdk';
import { defaultTerms, type Terms } from './supervision/terms.js';

/** A section `process` of the section `sam`, as config.schema.json has it. */
export interface ProcessSection {
  readonly name: string;
  readonly command: string;
  readonly user?: string;
  readonly environment?: readonly string[];
  readonly policy: 'quit' | 'restart';
  readonly requires_quorum: boolean;
  readonly health_check: 'exit' | 'pipe';
  readonly health_interval: number;
  readonly warn_signal: string;
  readonly kill_timeout: number;
  readonly backoff: number;
  readonly backoff_max: number;
  readonly max_restarts?: number;
  readonly on_daemon_stop: 'stop' | 'keep';
}

export interface SamSection {
  readonly process?: readonly ProcessSection[];
}

/** Where programs are looked for unless their environment says otherwise. */
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export function termsOf(section: ProcessSection): Terms {
  const environment = (section.environment ?? []).map((setting): [string, string] => {
    const equals = setting.indexOf('=');
    return [setting.slice(0, equals), setting.slice(equals + 1)];
  });
  return {
    command: ['/bin/sh', '-c', section.command],
    user: section.user,
    environment: { PATH, ...Object.fromEntries(environment) },
    policy: section.policy,
    requiresQuorum: section.requires_quorum,
    health: section.health_check,
    interval: section.health_check === 'pipe' ? section.health_interval : 0,
    warnSignal: section.warn_signal,
    killTimeout: section.kill_timeout,
    backoff: section.backoff,
    backoffMax: section.backoff_max,
    maxRestarts: section.max_restarts ?? defaultTerms.maxRestarts,
  };
}

/**
 * The sections by name.
 * @throws CoterieError COTERIE_E_SAM_CONFLICT
 */
export function byName({ process = [] }: SamSection): ReadonlyMap<string, ProcessSection> {
  const sections = new Map<string, ProcessSection>();
  for (const section of process) {
    const { name } = section;
    if (sections.has(name)) throw conflict(`two sections sam.process have the name ${name}`);
    if (section.on_daemon_stop === 'keep') {
      // Away from the ring nobody knows about quorum, and a channel ends with the daemon.
      if (section.requires_quorum)
        throw conflict(`${name} has on_daemon_stop: keep and requires_quorum: yes`);
      if (section.health_check === 'pipe') {
        throw conflict(`${name} has on_daemon_stop: keep and health_check: pipe`);
      }
    }
    sections.set(name, section);
  }
  return sections;
}

function conflict(what: string): CoterieError {
  return new CoterieError('COTERIE_E_SAM_CONFLICT', `${what}, which exclude each other`);
}
