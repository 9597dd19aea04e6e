import { PeerCredentials, definePlugin } from '@coterie/sdk';
import { QbFrontEnd } from './front-end.js';
import { NativePeerCredentials } from './peer-credentials.js';

export const plugin = definePlugin({
  frontEnds: [QbFrontEnd],
  provides: [{ token: PeerCredentials, useClass: NativePeerCredentials, scope: 'daemon' }],
});
