import type { KnownBug } from './known-bug.js';
import { rows as besideRing } from './beside-ring.js';
import { rows as besideServices } from './beside-services.js';
import { rows as clients } from './clients.js';
import { rows as database } from './database.js';
import { rows as groups } from './groups.js';
import { rows as membership } from './membership.js';
import { rows as ordering } from './ordering.js';
import { rows as packets } from './packets.js';
import { rows as packing } from './packing.js';
import { rows as quorum } from './quorum.js';
import { rows as synchronisation } from './synchronisation.js';
import { rows as transport } from './transport.js';

/** Bugs of one kind: the rows of one letter. */
export interface Area {
  readonly title: string;
  /** Of the module beside this one. */
  readonly file: string;
  readonly rows: readonly KnownBug[];
}

export const areas: readonly Area[] = [
  { title: 'A. Token, order, retransmission', file: 'ordering', rows: ordering },
  { title: 'B. Membership and recovery', file: 'membership', rows: membership },
  { title: 'C. Messages in packets', file: 'packing', rows: packing },
  { title: 'D. Network', file: 'transport', rows: transport },
  { title: 'E. Process groups', file: 'groups', rows: groups },
  { title: 'F. Synchronisation', file: 'synchronisation', rows: synchronisation },
  { title: 'G. Quorum', file: 'quorum', rows: quorum },
  { title: 'H. Connections of clients', file: 'clients', rows: clients },
  { title: 'I. Database and configuration', file: 'database', rows: database },
  { title: 'J. Malformed packets', file: 'packets', rows: packets },
  { title: 'Beside the rows: ring and network', file: 'beside-ring', rows: besideRing },
  {
    title: 'Beside the rows: services, clients, configuration',
    file: 'beside-services',
    rows: besideServices,
  },
];
