import { boundedString, bytes, list, message, padding, safeU64, slot, struct, u16, u8 } from '@coterie/sdk';

/** corosync's mar_name_t: a name of at most 256 bytes. */
export const KeyName = boundedString(slot(u16), 256);

/** The only function of service 0 between members. */
export const ANNOUNCE = 0;

/** Why a member tells its keys. */
export const Reason = { synchronisation: 0, configVersionChanged: 1 } as const;

/** Type 0 stands for a key that is not there. */
export const KeyValue = struct({ key: KeyName, type: slot(u8), length: safeU64, value: bytes('length') });

/** Keys of a member and their values. */
export const Announcement = message({
  reason: slot(u8),
  count: slot(u8),
  reserved: padding(16),
  items: list(KeyValue, 'count'),
});
