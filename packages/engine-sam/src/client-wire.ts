import { boundedString, list, message, slot, struct, u16, u32, u64, u8 } from '@coterie/sdk';

/** The service's number. */
export const SERVICE = 65;

/** Response ids are the requests'. */
export const SamRequest = { register: 0, report: 1, list: 2, stop: 3, start: 4 } as const;
export const SamEvent = { quorum: 0, stop: 1 } as const;

/** Bytes of texts in messages. */
export const NAME_ROOM = 64;
export const REASON_ROOM = 200;

const Id = boundedString(slot(u16), 255);
const Name = boundedString(slot(u16), NAME_ROOM);
const Reason = boundedString(slot(u16), REASON_ROOM);

export const recoveries = ['quit', 'restart'] as const;
export const states = ['stopped', 'running', 'waiting for quorum', 'failed'] as const;

/** This process supervises a program. Answered with {@link Quorum}. */
export const Register = message({
  /** Of the supervisor: the front-end may not know it. */
  pid: u32,
  /** Index in {@link recoveries}. */
  recovery: u8,
  /** Milliseconds. */
  interval: u32,
  name: Name,
});

/** What has become of the program. After `over` the connection supervises nothing. */
export const Report = message({
  /** Index in {@link states}. */
  state: u8,
  over: u8,
  /** Has the program said something since the last report? */
  heard: u8,
  pid: u32,
  instance: u32,
  restarts: u32,
  reason: Reason,
});

export const Quorum = message({ quorate: u8 });
export const Program = message({ id: Id });

export const Programs = message({
  count: slot(u32),
  programs: list(
    struct({
      id: Id,
      state: Name,
      recovery: Name,
      supervisor: Name,
      name: Name,
      reason: Reason,
      pollPeriod: u64,
      lastUpdated: u64,
      pid: u32,
      instance: u32,
      restarts: u32,
    }),
    'count',
  ),
});

/** What fits of a text into so many bytes. */
export function clip(text: string, room: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= room) return text;
  // Not within a character: UTF-8 continues one with 10xxxxxx.
  let end = room;
  while (((bytes[end] ?? 0) & 0xc0) === 0x80) end--;
  return bytes.subarray(0, end).toString();
}
