import { CoterieError } from '@coterie/sdk';
import { type Device, loadAddon } from './addon.js';
import { explainOpenError } from './opening.js';

export type { Device, DevicePort } from './addon.js';

/** The RDMA devices of this machine. @throws CoterieError if rdma-core is missing, or the addon does not load */
export function rdmaDevices(): readonly Device[] {
  try {
    return loadAddon().devices();
  } catch (error) {
    if (error instanceof CoterieError) throw error;
    throw explainOpenError(error, '', 0);
  }
}
