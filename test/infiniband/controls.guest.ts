import assert from 'node:assert/strict';
import { demands } from './demands.js';
import { Fabric } from './fabric.js';

const fabric = new Fabric();
const { run } = demands('10.9.0.').find(({ title }) => title === 'brings a broadcast to every other member')!;

/** A suite that would not notice these would prove nothing. */
describe('the conformance suite over soft-RoCE', function () {
  this.timeout(120_000);

  // The first, as a device that this process has used waits for its end.
  it('fails when a device is missing', async () => {
    await fabric.deleteDevice(3);
    try {
      await assert.rejects(run(), {
        code: 'COTERIE_E_IB_DEVICE',
        message: /no RDMA device has the address 10\.9\.0\.3; there are: rxe1 port 1 \(active\)/,
      });
    } finally {
      await fabric.createDevice(3);
    }
    await run();
  });

  it('fails when a node is plugged out of the network', async () => {
    await fabric.unplug(3);
    try {
      await assert.rejects(run(), assert.AssertionError);
    } finally {
      await fabric.plug(3);
    }
    await run();
  });
});
