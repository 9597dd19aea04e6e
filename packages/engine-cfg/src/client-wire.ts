import { boundedString, i32, message, slot, u16, u32, u64, u8 } from '@coterie/sdk';

/** Requests of service 1 (ipc_cfg.h). */
export const CfgRequest = {
  ringStatus: 0,
  ringReenable: 1,
  kill: 2,
  tryShutdown: 3,
  replyToShutdown: 4,
  addresses: 5,
  localNode: 6,
  reload: 7,
  reopenLogs: 8,
  nodeStatus: 9,
  track: 10,
  endTracking: 11,
} as const;

export const CfgResponse = {
  ringStatus: 0,
  ringReenable: 1,
  track: 2,
  endTracking: 3,
  kill: 8,
  tryShutdown: 9,
  addresses: 11,
  localNode: 12,
  replyToShutdown: 13,
  reload: 14,
  reopenLogs: 15,
  nodeStatus: 16,
} as const;

/** Asks those who track whether they mind a shutdown. */
export const CfgEvent = { shutdown: 10 } as const;

/** mar_name_t: what somebody says is the reason. */
const Reason = boundedString(slot(u16), 256);

/** From node to node. */
export const Kill = message({ node: slot(u32), reason: Reason });
/** What a program asks for: a cs_name_t, whose length counts the NUL at its end. */
export const KillRequest = message({ node: slot(u32), reason: boundedString(u16, 256) });
/** mar_message_source_t. */
export const Reload = message({ node: slot(u32), connection: u64 });
/** `how`: of {@link Shutdown}. */
export const TryShutdown = message({ how: u32 });
export const Shutdown = { request: 0, regardless: 1, immediate: 2 } as const;
export const ShutdownReply = message({ reply: u32 });
export const Reply = { no: 0, yes: 1 } as const;
/** `how`: of {@link Shutdown}. */
export const ShutdownQuestion = message({ how: u32 });
export const NodeQuery = message({ node: u32 });
export const NodeStatusQuery = message({ node: slot(u32), version: u32 });
export const Track = message({ flags: u8 });

export const LocalNode = message({ node: u32 });
/** Behind it {@link addressTail}. */
export const Addresses = message({ family: u32, count: u32 });
/** Behind it {@link ringStatusTail}. */
export const RingStatus = message({ count: slot(u32) });
/** Behind it {@link linksTail}: the links begin unaligned. */
export const NodeStatus = message({ version: i32, node: u32 });

/** The version of the answer to a query for a node's status. */
export const STATUS_VERSION = 1;

const ADDRESS = 16;
const LINKS = 8;
const LINK = 520;
const RINGS = 16;
const NAME = 128;
const STATUS = 512;

const AF_INET = 2;
const AF_INET6 = 10;

/** An address as sockets have it; undefined if the text is none. */
export function parseAddress(text: string): { family: number; bytes: Uint8Array } | undefined {
  const tail = new Uint8Array(ADDRESS);
  const parts = text.split('.').map(Number);
  if (/^\d+(\.\d+){3}$/.test(text) && parts.every((part) => part < 256)) {
    tail.set(parts);
    return { family: AF_INET, bytes: tail };
  }
  if (!URL.canParse(`http://[${text}]`)) return undefined;
  const [head = '', rest] = new URL(`http://[${text}]`).hostname.slice(1, -1).split('::');
  const words = (side: string): number[] =>
    side === '' ? [] : side.split(':').map((word) => parseInt(word, 16));
  const [left, right] = [words(head), words(rest ?? '')];
  const all = [...left, ...Array<number>(8 - left.length - right.length).fill(0), ...right];
  const view = new DataView(tail.buffer);
  all.forEach((word, i) => view.setUint16(2 * i, word));
  return { family: AF_INET6, bytes: tail };
}

/** The names and states of rings: of the only one there is. */
export function ringStatusTail(address: string): Uint8Array {
  const tail = new Uint8Array(RINGS * (NAME + STATUS));
  write(tail, 0, NAME, `0 ${address}`);
  write(tail, RINGS * NAME, STATUS, 'OK');
  return tail;
}

/** What is known of the link to a node. */
export interface Link {
  readonly reachable: boolean;
  /** Bytes of messages that fit into a packet. */
  readonly mtu: number;
  /** Of the node, as text. */
  readonly address: string;
}

const LINKS_AT = 8;

/**
 * State of the node in 6 bytes, then its links, of which the first is there; without one the node is unknown. The
 * address stands where knet has the own one, as with udp and udpu of corosync.
 */
export function linksTail(link: Link | undefined): Uint8Array {
  const tail = new Uint8Array(LINKS_AT + LINKS * LINK);
  if (link === undefined) return tail;
  const up = link.reachable ? 1 : 0;
  tail.set([up], 0);
  tail.set([1, up], LINKS_AT);
  new DataView(tail.buffer).setUint32(LINKS_AT + 4, link.mtu, true);
  write(tail, LINKS_AT + 8, 256, link.address);
  return tail;
}

/** What {@link linksTail} says. */
export function readLink(tail: Uint8Array): Link | undefined {
  const view = new DataView(tail.buffer, tail.byteOffset, tail.length);
  if (tail.length < LINKS_AT + LINK) throw new RangeError(`${tail.length} bytes of links`);
  if (view.getUint8(LINKS_AT) === 0) return undefined;
  return {
    reachable: view.getUint8(0) !== 0,
    mtu: view.getUint32(LINKS_AT + 4, true),
    address: text(tail, LINKS_AT + 8, 256),
  };
}

function text(bytes: Uint8Array, at: number, room: number): string {
  const field = bytes.subarray(at, at + room);
  const end = field.indexOf(0);
  return new TextDecoder().decode(end < 0 ? field : field.subarray(0, end));
}

function write(bytes: Uint8Array, at: number, room: number, text: string): void {
  new TextEncoder().encodeInto(text, bytes.subarray(at, at + room - 1));
}
