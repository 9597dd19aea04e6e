import assert from 'node:assert/strict';
import { readRingSequence } from '@coterie/totem/internal';

/** What a message says of itself, as far as following the synchronisation of a ring needs it. */
export type Message =
  | { readonly kind: 'sync barrier' }
  | { readonly kind: 'sync service_build'; readonly services: readonly number[] }
  | { readonly kind: string };

/** Sizes of messages that never vary, and sums of those that do, by service and function. */
type SizeRule = number | ((message: Buffer) => number);

const JOINLIST_HEADER = 24;
const JOINLIST_ENTRY = 144;
const CMAP_HEADER = 48;
const CMAP_ITEM = 280;

const services: Readonly<Record<number, Readonly<Record<number, readonly [kind: string, size: SizeRule]>>>> =
  {
    0: { 0: ['cmap mcast', cmapSize] },
    1: {
      0: ['cfg ringreenable', 32],
      1: ['cfg killnode', 288],
      2: ['cfg shutdown', 16],
      3: ['cfg reload', 32],
      4: ['cfg crypto', 24],
    },
    2: {
      0: ['cpg procjoin', 168],
      1: ['cpg procleave', 168],
      2: ['cpg joinlist', joinlistSize],
      3: ['cpg mcast', (message) => 184 + message.readUInt32LE(152)],
      4: ['cpg downlist_old', 1560],
      5: ['cpg downlist', 1568],
      6: ['cpg partial_mcast', (message) => 200 + message.readUInt32LE(160)],
    },
    5: {
      0: ['votequorum nodeinfo', 32],
      1: ['votequorum reconfigure', 32],
      2: ['votequorum qdevice_reg', 280],
      3: ['votequorum qdevice_reconfigure', 528],
    },
  };

function cmapSize(message: Buffer): number {
  let size = CMAP_HEADER;
  for (let items = message.readUInt8(24); items > 0; items--) {
    const valueLength = message.readUInt32LE(size + 272);
    size += CMAP_ITEM + Math.ceil(valueLength / 8) * 8;
  }
  return size;
}

function joinlistSize(message: Buffer): number {
  const entries = Math.floor((message.length - JOINLIST_HEADER) / JOINLIST_ENTRY);
  return JOINLIST_HEADER + entries * JOINLIST_ENTRY;
}

/** Reads a message of process group `a` or `sync`, without its prefix. Throws if a byte of it is not accounted for. */
export function decodeMessage(group: 'a' | 'sync', message: Buffer): Message {
  assert.equal(message.readInt32LE(8), message.length, 'declared size');
  return group === 'sync' ? decodeSync(message) : decodeService(message);
}

function decodeService(message: Buffer): Message {
  const id = message.readInt32LE(0);
  const rule = services[id >> 16]?.[id & 0xffff];
  assert.ok(rule !== undefined, `unknown service ${id >> 16} function ${id & 0xffff}`);
  const [kind, size] = rule;
  assert.equal(message.length, typeof size === 'number' ? size : size(message), `size of ${kind}`);
  return { kind };
}

function decodeSync(message: Buffer): Message {
  const view = new DataView(message.buffer, message.byteOffset, message.length);
  assert.ok(readRingSequence(view, 20) > 0, 'ring id of sync');
  if (message.readInt32LE(0) === 0) {
    assert.equal(message.length, 32, 'size of barrier');
    return { kind: 'sync barrier' };
  }
  assert.equal(message.readInt32LE(0), 1, 'sync message id');
  assert.equal(message.length, 552, 'size of service_build');
  const count = message.readUInt32LE(32);
  assert.ok(count <= 128, 'number of services');
  return {
    kind: 'sync service_build',
    services: Array.from({ length: count }, (_, i) => message.readInt32LE(40 + 4 * i)),
  };
}
