import { ringDetails, traceLine } from '@coterie/core';
import { formatRing } from '@coterie/sdk';
import type { Address, Change, Happening, TraceEvent } from './event.js';

/** One line: time in ms, node.life, kind, details; all but the last of fixed width. */
export function formatEvent(event: TraceEvent): string {
  return traceLine(event, event.kind, details(event));
}

function details(event: Happening): string {
  switch (event.kind) {
    case 'cut':
      return '';
    case 'fault':
      return event.what;
    case 'quiet':
      return `one ring of all within ${event.patience.toFixed(3)} ms`;
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
    default:
      return ringDetails(event);
  }
}

function address({ nodeId, pid }: Address): string {
  return `${nodeId}:${pid}`;
}

function changes(sign: string, all: readonly Change[]): string {
  return all.map((each) => `${sign}${address(each)}(${each.reason})`).join('');
}
