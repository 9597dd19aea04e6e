import { setTimeout } from 'node:timers/promises';
import { Lock } from './client.js';

for (let turn = 1; turn <= 3; turn++) {
  await using lock = await Lock.acquire('printer');
  console.log(`node ${lock.nodeId} has the printer, turn ${turn}`);
  await setTimeout(200);
  console.log(`node ${lock.nodeId} lets go`);
}
