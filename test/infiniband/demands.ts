import { transportConformance, type Demand } from '@coterie/testkit';

const folder = new URL('../../../packages/transport-ib/', import.meta.url);

/** The conformance suite for transport iba, on the devices of the guest. */
export function demands(network: '10.9.0.' | 'fd00:9::'): readonly Demand[] {
  const members = (count: number) =>
    Array.from({ length: count }, (_, i) => ({ nodeId: i + 1, address: `${network}${i + 1}`, port: 0 }));
  return transportConformance({ folder, name: 'iba', members });
}
