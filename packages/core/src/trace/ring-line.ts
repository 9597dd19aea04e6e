import { formatRing, type NodeId, type RingId } from '@coterie/sdk';
import type { Origin, RingEvent, RingHappening } from './ring-event.js';

/** Columns of a line of a trace: time in milliseconds, node.life, kind, details; all but the last of fixed width. */
export function traceLine({ at, node, life }: Origin, kind: string, details: string): string {
  const where = node === 0 ? '-' : `${node}.${life}`;
  return `${at.toFixed(3).padStart(12)} ${where.padEnd(10)} ${kind.padEnd(13)} ${details}`.trimEnd();
}

/** The details column of what happens to a ring. */
export function ringDetails(event: RingHappening): string {
  switch (event.kind) {
    case 'start':
      return event.wall === undefined ? '' : new Date(event.wall).toISOString();
    case 'synchronised':
      return '';
    case 'fail':
      return event.how;
    case 'state':
      return `${event.state.padEnd(12)} ${event.cause}`;
    case 'transitional':
    case 'regular':
      return `${formatRing(event.ring).padEnd(8)} [${event.members.join(' ')}]`;
    case 'originate':
      return `${formatRing(event.ring).padEnd(8)} #${event.seq} ${hex(event.content)}`;
    case 'deliver':
      return `${formatRing(event.ring).padEnd(8)} #${event.seq} ${hex(event.content)} from ${event.from}`;
  }
}

/** What ends a line that a process died over, once the next life of the node goes on behind it. */
export const TORN = '~';

const LINE = /^ *(\d+\.\d{3}) (?:-|(\d+)\.(\d+)) +([a-z-]+) *(.*)$/;
const RING = '([0-9a-f]+)\\.([0-9a-f]+) +';
const CONFIGURATION = new RegExp(`^${RING}\\[([\\d ]*)\\]$`);
const ORIGINATE = new RegExp(`^${RING}#(\\d+) ([0-9a-f]{8})$`);
const DELIVER = new RegExp(`^${RING}#(\\d+) ([0-9a-f]{8}) from (\\d+)$`);

/** The event of a line; `other` for what does not happen to a ring or is torn; undefined for what is no line of a trace. */
export function parseRingLine(line: string): RingEvent | 'other' | undefined {
  if (line.endsWith(TORN)) return 'other';
  const [, at, node, life, kind, details = ''] = LINE.exec(line) ?? [];
  if (at === undefined || kind === undefined) return undefined;
  const happening = parseHappening(kind, details);
  if (happening === undefined || happening === 'other') return happening;
  if (node === undefined) return undefined;
  return { at: Number(at), node: Number(node), life: Number(life), ...happening };
}

function parseHappening(kind: string, details: string): RingHappening | 'other' | undefined {
  switch (kind) {
    case 'start':
      return parseStart(details);
    case 'synchronised':
      return details === '' ? { kind } : undefined;
    case 'fail':
      return { kind, how: details };
    case 'state': {
      const [, state, cause] = /^(\S+) +(.*)$/.exec(details) ?? [];
      return state === undefined || cause === undefined ? undefined : { kind, state, cause };
    }
    case 'transitional':
    case 'regular':
      return parseConfiguration(kind, details);
    case 'originate': {
      const [, representative, sequence, seq, content] = ORIGINATE.exec(details) ?? [];
      const ring = parseRing(representative, sequence);
      if (ring === undefined) return undefined;
      return { kind, ring, seq: Number(seq), content: parseInt(content!, 16) };
    }
    case 'deliver': {
      const [, representative, sequence, seq, content, from] = DELIVER.exec(details) ?? [];
      const ring = parseRing(representative, sequence);
      if (ring === undefined) return undefined;
      return { kind, ring, seq: Number(seq), from: Number(from), content: parseInt(content!, 16) };
    }
    default:
      return 'other';
  }
}

function parseStart(details: string): RingHappening | undefined {
  if (details === '') return { kind: 'start' };
  const wall = Date.parse(details);
  return Number.isNaN(wall) ? undefined : { kind: 'start', wall };
}

function parseConfiguration(kind: 'transitional' | 'regular', details: string): RingHappening | undefined {
  const [, representative, sequence, list = ''] = CONFIGURATION.exec(details) ?? [];
  const ring = parseRing(representative, sequence);
  if (ring === undefined) return undefined;
  const members: NodeId[] = list.split(' ').filter(Boolean).map(Number);
  return { kind, ring, members };
}

function parseRing(representative: string | undefined, sequence: string | undefined): RingId | undefined {
  if (representative === undefined || sequence === undefined) return undefined;
  const ring = { representative: parseInt(representative, 16), sequence: parseInt(sequence, 16) };
  return Number.isSafeInteger(ring.sequence) && Number.isSafeInteger(ring.representative) ? ring : undefined;
}

function hex(hash: number): string {
  return hash.toString(16).padStart(8, '0');
}
