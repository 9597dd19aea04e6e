/*
 * A packet of the process-group layer (totempg), the payload of an mcast:
 *
 *   0  version u16, 2  type u16: 0
 *   4  fragmented u8: 0, or the id of the fragment that goes on in the sender's next packet
 *   5  continuation u8: what `fragmented` was in the sender's packet before
 *   6  n u16: parts, at least one
 *   8  n lengths u16, then the parts, back to back
 */

/** Bytes in front of the part lengths. */
export const PG_HEADER_SIZE = 8;

/** Bytes of the longest message that is sent, group prefix and service header included. */
export const MAX_MESSAGE_SIZE = 0x10_0000 + 4096;

/** A sender may leave this many bytes of messages pending; a real node aborts when there are more. */
export const MAX_ASSEMBLY_SIZE = 0x10_0000 + 0x1_0000;
