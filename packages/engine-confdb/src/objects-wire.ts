import { bytes, empty, i32, message, rest, safeU64, slot, u32, u64, u8 } from '@coterie/sdk';
import { KeyName } from './wire.js';

/** Requests of service 70; responses have the requests' ids. Types are icmap's. */
export const ObjectsRequest = {
  create: 0,
  destroy: 1,
  search: 2,
  next: 3,
  endSearch: 4,
  describe: 5,
  set: 6,
  get: 7,
  delete: 8,
  adjust: 9,
  keyAt: 10,
  track: 11,
  endTracking: 12,
  reload: 13,
} as const;

export const ObjectsEvent = { key: 0, created: 1, destroyed: 2, reload: 3 } as const;

/** What became of a key, and of a reload (confdb_change_type_t, confdb_reload_type_t). */
export const KeyChange = { add: 0, modify: 1, delete: 2 } as const;
export const ReloadPhase = { start: 0, end: 1, failed: 2 } as const;

/** The root's handle: OBJECT_PARENT_HANDLE of corosync 1.4. */
export const ROOT = 0xffffffff00000000n;

export const ObjectHandle = message({ object: u64 });
/** A name in an object: of a key or of an object below it; in a search, empty for all. */
export const NameIn = message({ object: u64, name: KeyName });
export const Search = message({ search: safeU64 });
export const Found = message({ object: u64, name: KeyName });
export const Described = message({ parent: u64, name: KeyName });
/** `replace`: 1 keeps the type of a key that has to be there; 0 creates the key or sets it. */
export const SetIn = message({
  object: u64,
  name: KeyName,
  type: slot(u8),
  replace: slot(u8),
  length: safeU64,
  value: bytes('length'),
});
export const Stored = message({ type: slot(u8), length: safeU64, value: bytes('length') });
export const AdjustIn = message({ object: u64, name: KeyName, step: i32 });
export const Adjusted = message({ value: slot(u32) });
/** Position among the keys of an object, from 0. */
export const KeyAt = message({ object: u64, position: safeU64 });
export const KeyFound = message({ name: KeyName, type: slot(u8), length: safeU64, value: bytes('length') });
export const TrackObject = message({ object: u64, recursive: slot(u8) });
/** Of requests that say nothing more. */
export const Nothing = empty;
/** Why a reload was refused: text. */
export const ReloadAnswer = rest;

export const KeyEvent = message({
  change: u8,
  type: u8,
  parent: u64,
  object: u64,
  objectName: KeyName,
  keyName: KeyName,
  length: safeU64,
  value: bytes('length'),
});
export const CreatedEvent = message({ parent: u64, object: u64, name: KeyName });
export const DestroyedEvent = message({ parent: u64, name: KeyName });
export const ReloadEvent = message({ phase: slot(u8) });
