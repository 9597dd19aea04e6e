import assert from 'node:assert/strict';
import { examineDevices, type RdmaDevice } from '../dist/doctor/rdma.js';

function device(state: string, activeMtu: number, ...gids: string[]): RdmaDevice {
  const port = { port: 1, state, linkLayer: 'Ethernet', activeMtu, gids: gids.map((gid) => ({ gid })) };
  return { name: 'rxe0', ports: [port] };
}

const own = { address: '192.0.2.1', netmtu: 1500 };

function found(...devices: RdmaDevice[]): string | undefined {
  const [finding, ...others] = examineDevices(devices, own).at(-1)!.findings;
  assert.deepEqual(others, []);
  return finding?.what;
}

describe('What the doctor finds of RDMA', () => {
  it('lists each port with its addresses, and finds nothing wrong with the one that has the own address', () => {
    const [port, verdict] = examineDevices([device('active', 4096, 'fe80::1', '::ffff:192.0.2.1')], own);
    assert.equal(port!.area, 'RDMA device rxe0 port 1: Ethernet, active, MTU 4096, fe80::1 192.0.2.1');
    assert.deepEqual(verdict!.findings, []);
  });

  it('a machine without a device, an address without a GID, a port that is down', () => {
    assert.match(found()!, /no RDMA device/);
    assert.match(
      found(device('active', 4096, '::ffff:192.0.2.2'))!,
      /No RDMA device has a GID for 192\.0\.2\.1/,
    );
    assert.match(found(device('down', 4096, '::ffff:192.0.2.1'))!, /^rxe0 port 1, .* is down/);
  });

  it('a netmtu that is more than the port carries', () => {
    assert.match(found(device('active', 1024, '::ffff:192.0.2.1'))!, /netmtu is 1500, .* 1024 bytes/);
  });
});
