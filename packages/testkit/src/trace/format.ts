import { formatRing } from '@coterie/sdk';
import type { Address, Change, Happening, TraceEvent } from './event.js';

/** One line: time in ms, node.life, kind, details; all but the last of fixed width. */
export function formatEvent(event: TraceEvent): string {
  const where = event.node === 0 ? '-' : `${event.node}.${event.life}`;
  const columns = [event.at.toFixed(3).padStart(12), where.padEnd(6), event.kind.padEnd(13)];
  return `${columns.join(' ')} ${details(event)}`.trimEnd();
}

function details(event: Happening): string {
  switch (event.kind) {
    case 'start':
    case 'cut':
    case 'synchronised':
      return '';
    case 'fail':
      return event.how;
    case 'fault':
      return event.what;
    case 'quiet':
      return `one ring of all within ${event.patience.toFixed(3)} ms`;
    case 'state':
      return `${event.state.padEnd(12)} ${event.cause}`;
    case 'transitional':
    case 'regular':
      return `${formatRing(event.ring).padEnd(8)} [${event.members.join(' ')}]`;
    case 'originate':
      return `${formatRing(event.ring).padEnd(8)} #${event.seq}`;
    case 'deliver':
      return `${formatRing(event.ring).padEnd(8)} #${event.seq} from ${event.from}`;
    case 'submit':
      return `${event.group} ${event.pid} message ${event.number}`;
    case 'hear':
      return `${event.group} ${event.pid} message ${event.number} of ${address(event.from)}`;
    case 'group':
      return (
        `${event.group} ${event.pid} [${event.members.map(address).join(' ')}]` +
        `${changes(' +', event.joined)}${changes(' -', event.left)}`
      );
    case 'group-ring':
      return `${event.group} ${event.pid} ${formatRing(event.ring)} [${event.members.join(' ')}]`;
    case 'gone':
      return `${event.group} ${event.pid}`;
    case 'quorum':
      return `${event.quorate ? 'quorate' : 'inquorate'} ${formatRing(event.ring)} [${event.members.join(' ')}]`;
  }
}

function address({ nodeId, pid }: Address): string {
  return `${nodeId}:${pid}`;
}

function changes(sign: string, all: readonly Change[]): string {
  return all.map((each) => `${sign}${address(each)}(${each.reason})`).join('');
}
