import { CoterieError, type ErrorCode } from '../errors.js';
import type { TransportContext } from '../transport.js';
import { type Family, resolveByHost, resolveOwn } from './resolve.js';

/** Where a node is on the network. */
export interface OwnEnd {
  readonly address: string;
  readonly family: Family;
  readonly port: number;
}

/** Of this node, as the nodelist has it. @throws CoterieError of that code if its name gives no address */
export async function ownEnd({ nodeId, members, totem }: TransportContext, code: ErrorCode): Promise<OwnEnd> {
  const own = members.find((member) => member.nodeId === nodeId);
  const found = own && (await resolveOwn(own.address, totem.ipVersion, resolveByHost));
  if (!own || !found) {
    throw new CoterieError(
      code,
      `ring0_addr "${own?.address ?? ''}" of this node (${nodeId}) gives no address for ip_version ${totem.ipVersion}`,
    );
  }
  return { ...found, port: own.port || totem.interface.mcastport };
}
