import { definePlugin } from '@coterie/sdk';
import { ClusterMapEngine } from './cluster-map.js';
import { CmapEngine } from './cmap.js';
import { ObjectsEngine } from './objects.js';
import { Replicated, ReplicatedMap } from './replicated-map.js';

export const plugin = definePlugin({
  engines: [CmapEngine, ObjectsEngine, ClusterMapEngine],
  provides: [{ token: Replicated, useClass: ReplicatedMap, scope: 'plugin' }],
});
