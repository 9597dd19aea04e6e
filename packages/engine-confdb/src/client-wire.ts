import { bytes, i32, message, rest, safeU64, slot, u64, u8 } from '@coterie/sdk';
import { KeyName } from './wire.js';

/** Requests of service 0 (ipc_cmap.h); `exchange` is not corosync's. */
export const MapRequest = {
  set: 0,
  delete: 1,
  get: 2,
  adjust: 3,
  iterate: 4,
  next: 5,
  endIteration: 6,
  track: 7,
  endTracking: 8,
  selectMap: 9,
  exchange: 10,
} as const;

/** Response ids are the requests' but for these; 9 is the event's. */
export const SELECT_MAP_RESPONSE = 10;
export const EXCHANGE_RESPONSE = 11;
export const CHANGE_EVENT = 9;

/** What a tracker wants to hear, and what it hears; `prefix` is no event. */
export const TrackFlag = { delete: 1, modify: 2, add: 4, prefix: 8 } as const;

/** The maps a client can look at; the third is not corosync's. */
export const MapNumber = { icmap: 0, stats: 1, cluster: 2 } as const;

export const Key = message({ key: KeyName });
export const Set = message({ key: KeyName, length: safeU64, type: slot(u8), value: bytes('length') });
/** `length`: bytes that the client has room for; 0 asks for type and length alone. */
export const Get = message({ key: KeyName, length: safeU64 });
export const Value = message({ length: safeU64, type: slot(u8), value: rest });
export const Adjust = message({ key: KeyName, step: i32 });
/** Type 0 stands for no key. */
export const Exchange = message({
  key: KeyName,
  expectedType: slot(u8),
  expectedLength: safeU64,
  type: slot(u8),
  length: safeU64,
  expected: bytes('expectedLength'),
  value: bytes('length'),
});
export const Handle = message({ handle: safeU64 });
export const Item = message({ key: KeyName, length: safeU64, type: slot(u8) });
/** `handle` is the client's own and comes back with each event. */
export const Track = message({ key: KeyName, flags: i32, handle: u64 });
export const ClientHandle = message({ handle: u64 });
export const SelectMap = message({ map: i32 });

export const Change = message({
  handle: u64,
  key: KeyName,
  event: slot(i32),
  newType: slot(u8),
  oldType: slot(u8),
  newLength: safeU64,
  oldLength: safeU64,
  newValue: bytes('newLength'),
  oldValue: bytes('oldLength'),
});
