import { Logger, inject, type Peer, type PeerCredentials } from '@coterie/sdk';
import { loadAddon, type Addon } from './addon.js';

/** Asks the kernel who is at the other end of a socket: for the daemon's own front-end too. */
export class NativePeerCredentials implements PeerCredentials {
  private readonly addon: Pick<Addon, 'peerOf'> | undefined;

  constructor(@inject(Logger) log: Logger) {
    try {
      this.addon = loadAddon();
    } catch (error) {
      log.info('the addon is not there: the permissions of the socket decide who may connect', { error });
    }
  }

  get available(): boolean {
    return this.addon !== undefined;
  }

  of(descriptor: number): Peer | undefined {
    const peer = this.addon?.peerOf(descriptor);
    if (peer === undefined) return undefined;
    const [pid, uid, gid] = peer;
    return { pid, uid, gid };
  }
}
