import { definePlugin } from '@coterie/sdk';
import { Primary, PrimaryComponent } from './primary.js';
import { QuorumEngine } from './quorum.js';
import { VotequorumEngine } from './votequorum.js';
import { YkdEngine } from './ykd-engine.js';

export const plugin = definePlugin({
  engines: [QuorumEngine, VotequorumEngine, YkdEngine],
  provides: [{ token: Primary, useClass: PrimaryComponent, scope: 'plugin' }],
});
