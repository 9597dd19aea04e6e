import { MAX_FRAME } from '@coterie/core/internal';
import { ClientRequest, Join, Leave, McastRequestHead, unbounded } from '@coterie/engine-cpg/messages';
import * as cpg from '@coterie/engine-cpg/messages';
import { plugin as cfgPlugin } from '@coterie/engine-cfg';
import { plugin as confdbPlugin } from '@coterie/engine-confdb';
import { plugin as cpgPlugin } from '@coterie/engine-cpg';
import { plugin as quorumPlugin } from '@coterie/engine-quorum';
import { plugin as samPlugin } from '@coterie/engine-sam';
import * as quorum from '@coterie/engine-quorum/messages';
import { engineIdentity, requestHandlers, type Codec, type RequestHandler } from '@coterie/sdk';
import { REQUEST_HEADER, SIZE_AT } from '@coterie/sdk/client';
import type { Prng } from '@coterie/testkit';
import { Mutator, type Material } from '../mutate.js';

const CMAP = 0;
const CFG = 1;
const CPG = 2;
const QUORUM = 3;
const VOTEQUORUM = 5;
/** Requests of cfg that end nodes when they are granted, which is not what a campaign wants to see. */
const DEADLY = [2, 3];

/** What the engines answer to, by service and request. */
const handlers: ReadonlyMap<number, ReadonlyMap<number, RequestHandler>> = new Map(
  [cfgPlugin, confdbPlugin, cpgPlugin, quorumPlugin, samPlugin]
    .flatMap(({ engines }) => engines)
    .filter((engine) => requestHandlers(engine).length > 0)
    .map((engine) => [
      engineIdentity(engine)!.service,
      new Map(requestHandlers(engine).map((handler) => [handler.id, handler])),
    ]),
);

/** The services that programs talk to here. */
export const services: readonly number[] = [...handlers.keys()];

function frame<T>(id: number, codec: Codec<T>, value: T, tail = new Uint8Array(0)): Uint8Array {
  const head = REQUEST_HEADER + codec.size(value);
  const bytes = new Uint8Array(head + tail.length);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, id, true);
  view.setInt32(SIZE_AT, bytes.length, true);
  codec.encode(value, view, REQUEST_HEADER);
  bytes.set(tail, head);
  return bytes;
}

/** A request with a body of zeros, which needs no knowledge of its codec. */
function blank(id: number, size: number): Uint8Array {
  const bytes = new Uint8Array(REQUEST_HEADER + size);
  new DataView(bytes.buffer).setInt32(0, id, true);
  new DataView(bytes.buffer).setInt32(SIZE_AT, bytes.length, true);
  return bytes;
}

/** A request of the database: a key of 8 + 256 bytes, then what the request has besides. */
function keyed(id: number, key: string, ...words: number[]): Uint8Array {
  const bytes = blank(id, 264 + 8 * words.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(REQUEST_HEADER, key.length, true);
  bytes.set(Buffer.from(key), REQUEST_HEADER + 8);
  words.forEach((word, i) => view.setUint32(REQUEST_HEADER + 264 + 8 * i, word, true));
  return bytes;
}

const group = unbounded('fuzz');
const sound: Readonly<Record<number, readonly Uint8Array[]>> = {
  [CMAP]: [
    // set a u32, a string and binary; get with and without room; go up; iterate; track a prefix.
    keyed(0, 'user.fuzz.one', 4, 6, 7),
    keyed(0, 'user.fuzz.two', 5, 11, 0x61616161, 0),
    keyed(0, 'user.fuzz.three', 8, 12, 1),
    keyed(1, 'user.fuzz.one'),
    keyed(2, 'user.fuzz.one', 100),
    keyed(2, 'totem.token', 0),
    ...[keyed(3, 'user.fuzz.one', 1), keyed(4, 'user.'), keyed(4, ''), keyed(7, 'user.', 15, 5)],
  ],
  [CPG]: [
    frame(ClientRequest.JOIN, Join, { group, pid: 4711, flags: 1 }),
    frame(ClientRequest.JOIN, Join, { group: unbounded('other'), pid: 4712, flags: 0 }),
    frame(ClientRequest.LEAVE, Leave, { group, pid: 4711 }),
    frame(ClientRequest.MCAST, McastRequestHead, { guarantee: 0, length: 300 }, new Uint8Array(300)),
    ...[1, 2, 3].map((type) => {
      const value = { guarantee: 0, total: 900, length: 300, type };
      return frame(ClientRequest.PARTIAL_MCAST, cpg.PartialMcastRequestHead, value, new Uint8Array(300));
    }),
    frame(ClientRequest.MEMBERSHIP, cpg.MembershipRequest, { group }),
    ...[1, 2, 3].map((type) =>
      frame(ClientRequest.ITERATION_INITIALIZE, cpg.IterationRequest, { group, type }),
    ),
    frame(ClientRequest.ITERATION_NEXT, cpg.IterationHandle, { handle: 1n }),
    frame(ClientRequest.ITERATION_FINALIZE, cpg.IterationHandle, { handle: 1n }),
  ],
  [QUORUM]: [
    frame(quorum.QuorumRequest.modelType, quorum.Model, { model: 1 }),
    frame(quorum.QuorumRequest.trackStart, quorum.TrackFlags, { flags: 3 }),
  ],
  [VOTEQUORUM]: [
    frame(quorum.VoteRequest.info, quorum.InfoOf, { nodeId: 1 }),
    frame(quorum.VoteRequest.setExpected, quorum.SetExpected, { votes: 2 }),
    frame(quorum.VoteRequest.setVotes, quorum.SetVotes, { votes: 1, nodeId: 2 }),
    frame(quorum.VoteRequest.trackStart, quorum.TrackStart, { context: 7n, flags: 3 }),
    frame(quorum.VoteRequest.deviceRegister, quorum.NamedDevice, { name: 'QDEVICE' }),
    frame(quorum.VoteRequest.deviceUnregister, quorum.NamedDevice, { name: 'QDEVICE' }),
    frame(quorum.VoteRequest.deviceUpdate, quorum.DeviceUpdate, { oldName: 'QDEVICE', newName: 'other' }),
  ],
};

const materials = new Map<number, Material>(
  services.map((service) => {
    const ids = [...handlers.get(service)!.keys()];
    const blanks = ids.flatMap((id) => [0, 8, 24, 300].map((size) => blank(id, size)));
    const words = [0, SIZE_AT, ...Array.from({ length: 8 }, (_, i) => REQUEST_HEADER + 4 * i)];
    // Ids of requests, handles, and what no frame may have.
    const numbers = [...ids, 64, 255, 65535, MAX_FRAME, MAX_FRAME + 1, -1];
    return [service, { seeds: [...(sound[service] ?? []), ...blanks], fields: () => words, numbers }];
  }),
);

const mutator = new Mutator(4000);
/** Longer than any frame may be. */
const huge = new Uint8Array(MAX_FRAME + 1);

/** A request that a client of `service` should not send, or should. Valid until the next call. */
export function hostileFrame(random: Prng, service: number): Uint8Array {
  if (random.chance(0.0002)) return hugeFrame(random);
  const bytes = mutator.next(random, materials.get(service)!);
  // Most requests get past the first check of all.
  if (bytes.length >= REQUEST_HEADER && random.chance(0.85)) {
    new DataView(bytes.buffer, bytes.byteOffset).setInt32(SIZE_AT, bytes.length, true);
  }
  return bytes;
}

function hugeFrame(random: Prng): Uint8Array {
  const length = MAX_FRAME - random.below(3) + 1;
  new DataView(huge.buffer).setInt32(0, ClientRequest.MCAST, true);
  new DataView(huge.buffer).setInt32(SIZE_AT, length, true);
  return huge.subarray(0, length);
}

/** Is this a sound request to end a node? */
export function isDeadly(service: number, bytes: Uint8Array): boolean {
  const handler = service === CFG ? handlerOf(service, bytes) : undefined;
  return handler !== undefined && DEADLY.includes(handler.id);
}

/** How many answers a request must get, whatever it says: none only if its sender waits for none. */
export function answersTo(service: number, bytes: Uint8Array): 0 | 1 {
  return handlerOf(service, bytes)?.oneWay ? 0 : 1;
}

/** Of a frame whose header holds. */
function handlerOf(service: number, bytes: Uint8Array): RequestHandler | undefined {
  if (bytes.length < REQUEST_HEADER || bytes.length > MAX_FRAME) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (view.getInt32(SIZE_AT, true) !== bytes.length) return undefined;
  return handlers.get(service)?.get(view.getInt32(0, true));
}
