import { cstring, message, u32, u8 } from '@coterie/sdk';

/** Functions of service 5 between members (wire format of corosync 3.1). */
export const Fn = { nodeInfo: 0, reconfigure: 1, deviceRegistration: 2, deviceRename: 3 } as const;

/** A member's word about itself, or with node id 0 about the quorum device. */
export const NodeInfo = message({ nodeId: u32, votes: u32, expectedVotes: u32, flags: u32 });

/** What {@link Reconfigure} sets. */
export const Parameter = { expectedVotes: 1, nodeVotes: 2, cancelWaitForAll: 3 } as const;
export const Reconfigure = message({ nodeId: u32, value: u32, parameter: u8 });

/** corosync's VOTEQUORUM_QDEVICE_MAX_NAME_LEN, the NUL included. */
export const DeviceName = cstring(255);

export const DeviceOperation = { unregister: 0, register: 1 } as const;
export const DeviceRegistration = message({ operation: u32, name: DeviceName });
export const DeviceRename = message({ oldName: DeviceName, newName: DeviceName });
