import { CoterieError } from '@coterie/sdk';
import type { NodeId } from '@coterie/sdk';
import type { Deliver } from '../evs.js';
import type { DropReason } from '../wire/drop-reason.js';

/** In front of every message: number of groups u16, their lengths u16, their names. Here: one group. */
export function encodeGroupPrefix(group: string): Uint8Array {
  const name = new TextEncoder().encode(group);
  const prefix = new Uint8Array(4 + name.length);
  const view = new DataView(prefix.buffer);
  view.setUint16(0, 1, true);
  view.setUint16(2, name.length, true);
  prefix.set(name, 4);
  return prefix;
}

interface Membership {
  readonly name: Uint8Array;
  readonly deliver: Deliver;
}

/** The process groups that this node has joined; hands each message to those it names. */
export class Groups {
  private readonly joined: Membership[] = [];
  private readonly prefixes = new Map<string, Uint8Array>();

  /** @param group 1 to 65535 bytes in UTF-8; COTERIE_E_GROUP_JOINED if it has been joined before. */
  join(group: string, deliver: Deliver): void {
    const name = new TextEncoder().encode(group);
    if (this.joined.some((other) => equal(other.name, name))) {
      throw new CoterieError('COTERIE_E_GROUP_JOINED', `process group "${group}" has been joined already`);
    }
    this.joined.push({ name, deliver });
  }

  /** The prefix of messages to this group, which need not be joined; made once a group. */
  prefix(group: string): Uint8Array {
    let prefix = this.prefixes.get(group);
    if (prefix === undefined) {
      prefix = encodeGroupPrefix(group);
      this.prefixes.set(group, prefix);
    }
    return prefix;
  }

  /** Delivers a whole message, without its prefix, to the joined groups it names; 'pg_group' if there is none readable. */
  dispatch(from: NodeId, view: DataView, offset: number, length: number): DropReason | undefined {
    if (length < 2) return 'pg_group';
    const count = view.getUint16(offset, true);
    let prefix = 2 + 2 * count;
    if (prefix > length) return 'pg_group';
    for (let i = 0; i < count; i++) prefix += view.getUint16(offset + 2 + 2 * i, true);
    if (prefix > length) return 'pg_group';
    for (let i = 0; i < this.joined.length; i++) {
      const { name, deliver } = this.joined[i]!;
      if (names(view, offset, count, name)) deliver(from, view, offset + prefix, length - prefix);
    }
    return undefined;
  }
}

/** Is `name` among the `count` groups of the prefix at `offset`? */
function names(view: DataView, offset: number, count: number, name: Uint8Array): boolean {
  let at = offset + 2 + 2 * count;
  for (let i = 0; i < count; i++) {
    const length = view.getUint16(offset + 2 + 2 * i, true);
    if (length === name.length && hasBytes(view, at, name)) return true;
    at += length;
  }
  return false;
}

function hasBytes(view: DataView, offset: number, bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) {
    if (view.getUint8(offset + i) !== bytes[i]) return false;
  }
  return true;
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}
