import { definePlugin } from '@coterie/sdk';
import { Primary, PrimaryComponent } from './primary.js';
import { QuorumEngine } from './quorum.js';
import { VotequorumEngine } from './votequorum.js';

export const plugin = definePlugin({
  engines: [QuorumEngine, VotequorumEngine],
  provides: [{ token: Primary, useClass: PrimaryComponent, scope: 'plugin' }],
});
