import { definePlugin } from '@coterie/sdk';
import { CfgEngine } from './cfg.js';
import { ClusterReload, Reload } from './cluster-reload.js';
import { ReloadEngine } from './reload.js';

export const plugin = definePlugin({
  engines: [CfgEngine, ReloadEngine],
  provides: [{ token: Reload, useClass: ClusterReload, scope: 'plugin' }],
});
