import assert from 'node:assert/strict';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import type { Logger, TransportContext, TransportEvents } from '@coterie/sdk';
import { __Name__Transport } from '__package__';
import { members } from './ports.js';

const nothing = () => undefined;
const log: Logger = {
  ...{ error: nothing, warn: nothing, info: nothing, debug: nothing, trace: nothing },
  enabled: () => false,
};
const events: TransportEvents = { received: nothing, linkChanged: nothing };

describe('__name__', () => {
  it('does not open where another program listens', async () => {
    const [member] = await members(1);
    assert.ok(member);
    const other = createSocket('udp4');
    other.bind({ address: '127.0.0.1', port: member.port, exclusive: true });
    await once(other, 'listening');
    try {
      await assert.rejects(transport([member]).open(events), /EADDRINUSE/);
    } finally {
      other.close();
    }
  });

  it('says whether its link is up', async () => {
    const nodes = await members(1);
    const one = transport(nodes);
    await one.open(events);
    try {
      assert.equal(one.links()[0]?.up, true);
    } finally {
      await one.close();
    }
    assert.equal(one.links()[0]?.up, false);
  });
});

function transport(nodes: TransportContext['members']): __Name__Transport {
  const context: TransportContext = {
    nodeId: 1,
    members: nodes,
    name: '__name__',
    totem: {
      ...{ clusterName: 'test', ipVersion: 'ipv4', netmtu: 1500, windowSize: 50 },
      ...{ blockUnlistedIps: true, downcheck: 1000 },
      interface: {
        ...{ bindnetaddr: undefined, mcastaddr: undefined, mcastport: 5405, broadcast: false, ttl: 1 },
      },
    },
  };
  return new __Name__Transport(context, log);
}
