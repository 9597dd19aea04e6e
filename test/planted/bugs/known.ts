import type { PlantedBug } from '../bug.js';
import { knownBesideRingBugs } from './known-beside-ring.js';
import { knownBesideServiceBugs } from './known-beside-services.js';
import { knownClientBugs } from './known-clients.js';
import { knownGroupBugs } from './known-groups.js';
import { knownMembershipBugs } from './known-membership.js';
import { knownOrderingBugs } from './known-ordering.js';
import { knownPacketBugs } from './known-packets.js';
import { knownPackingBugs } from './known-packing.js';
import { knownQuorumBugs } from './known-quorum.js';
import { knownSynchronisationBugs } from './known-synchronisation.js';
import { knownTransportBugs } from './known-transport.js';

/** Bugs that corosync, libqb or kronosnet had: test/known-bugs finds them again. */
export const knownBugs: readonly PlantedBug[] = [
  ...knownOrderingBugs,
  ...knownMembershipBugs,
  ...knownPackingBugs,
  ...knownTransportBugs,
  ...knownGroupBugs,
  ...knownSynchronisationBugs,
  ...knownQuorumBugs,
  ...knownClientBugs,
  ...knownPacketBugs,
  ...knownBesideRingBugs,
  ...knownBesideServiceBugs,
];
