import { spawn } from 'node:child_process';
import type { Logger } from '@coterie/sdk';

/** Tells whoever supervises the daemon how far it is. */
export interface ServiceManager {
  ready(): void;
  stopping(): void;
}

/**
 * systemd's notification protocol needs a datagram socket of the local kind, which Node does not have:
 * `systemd-notify` sends it. The message then comes from a child, so the unit needs `NotifyAccess=all`.
 * Without NOTIFY_SOCKET in the environment nobody waits, and nothing is started.
 */
export function systemdNotifier(environment: NodeJS.ProcessEnv, log: Logger): ServiceManager {
  // As assignments: the option --stopping is unknown before systemd 253.
  const notify = (what: 'READY=1' | 'STOPPING=1') => {
    if (!environment['NOTIFY_SOCKET']) return;
    const child = spawn('systemd-notify', [what], { stdio: 'ignore', env: environment });
    child.on('error', (error) => log.warn(`cannot tell systemd ${what}: ${error.message}`));
    child.unref();
  };
  return { ready: () => notify('READY=1'), stopping: () => notify('STOPPING=1') };
}
