import type { Said } from './stream-say.js';

/** Services by the name and number under which programs find them. */
export const services = { cmap: 0, cfg: 1, cpg: 2, quorum: 3, votequorum: 5 } as const;

export interface BadInput {
  readonly title: string;
  readonly service: keyof typeof services;
  /** Each with the cs_error_t that answers it; `sent`: nothing does; `gone`: the connection ends over it. */
  readonly say: readonly (readonly [request: Buffer, outcome: number | 'sent' | 'gone'])[];
}

const [OK, INVALID_PARAM, BAD_HANDLE, ACCESS, NOT_EXIST, NAME_TOO_LONG, EXIST] = [1, 7, 9, 11, 12, 13, 14];
const [NAME_NOT_FOUND, NO_RESOURCES] = [17, 18];
const MANY = 10_000;

/** A request of so many bytes; `fill` writes what follows the header, offsets counted from the request's start. */
function request(id: number, size: number, fill: (bytes: Buffer) => unknown = () => undefined): Buffer {
  const bytes = Buffer.alloc(size);
  bytes.writeInt32LE(id, 0);
  bytes.writeInt32LE(size, 8);
  fill(bytes);
  return bytes;
}

/** A sound request of each service, which shows that its connection works. */
const sound = {
  cmap: request(2, 288, (bytes) => name(bytes, 'totem.version')),
  cfg: request(6, 16),
  cpg: request(4, 16),
  quorum: request(0, 16),
  votequorum: request(0, 24),
} as const;

/** Of cmap: u16 length, then the bytes at the next multiple of eight. */
function name(bytes: Buffer, text: string, length = text.length): void {
  bytes.writeUInt16LE(length, 16);
  bytes.write(text, 24, 'latin1');
}

function set(key: string, type: number, value: Buffer, length = BigInt(value.length)): Buffer {
  return request(0, 296 + value.length, (bytes) => {
    name(bytes, key);
    bytes.writeBigUInt64LE(length, 280);
    bytes.writeUInt8(type, 288);
    value.copy(bytes, 296);
  });
}

function group(bytes: Buffer, text: string, length: number): void {
  bytes.writeUInt32LE(length, 16);
  bytes.write(text, 24, 'latin1');
}

const join = (text: string, length = text.length) =>
  request(0, 168, (bytes) => {
    group(bytes, text, length);
    bytes.writeUInt32LE(4711, 152);
  });

const multicast = (length: number) =>
  request(2, 40 + 8, (bytes) => {
    bytes.writeUInt32LE(length, 32);
    bytes.write('payload.', 40);
  });

const handle = (id: number, value: bigint) => request(id, 24, (bytes) => bytes.writeBigUInt64LE(value, 16));
const number = (id: number, size: number, value: number, at = 16) =>
  request(id, size, (bytes) => bytes.writeUInt32LE(value, at));
const device = (id: number, size: number) => request(id, size, (bytes) => bytes.write('bad', 16));
const lying = (size: number) => request(999, 100, (bytes) => bytes.writeInt32LE(size, 8));

/** Requests that have more behind their header. */
const withBody: Record<keyof typeof services, readonly number[]> = {
  cmap: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
  cfg: [2, 3, 4, 5, 9, 10],
  cpg: [0, 1, 3, 5, 6, 7, 9, 10, 11, 12],
  quorum: [1, 4],
  votequorum: [0, 1, 2, 3, 5, 6, 7, 8, 9],
};

const names = Object.keys(services) as (keyof typeof services)[];

const [U32, STRING] = [6, 11];
const { cmap, cpg, votequorum } = sound;

export const badInputs: readonly BadInput[] = [
  ...names.map((service): BadInput => ({
    title: `requests of ${service} that do not exist (P4)`,
    service,
    say: [
      ...[-1, -2, 255, 65_535, -(2 ** 31)].map((id) => [request(id, 200), INVALID_PARAM] as const),
      [sound[service], OK],
    ],
  })),
  ...names.map((service): BadInput => ({
    title: `requests of ${service} without what belongs behind their header (P5)`,
    service,
    say: [...withBody[service].map((id) => [request(id, 16), INVALID_PARAM] as const), [sound[service], OK]],
  })),
  ...[0, 15, -1, 2 ** 31 - 1].map((size): BadInput => ({
    title: `a request that claims to have ${size} bytes (P5)`,
    service: 'cpg',
    say: [
      [cpg, OK],
      [lying(size), 'gone'],
    ],
  })),
  {
    title: 'multicasts whose length is not theirs, and of no member (P6)',
    service: 'cpg',
    say: [
      ...[8, 7, 9, 2 ** 32 - 1].map((length) => [multicast(length), 'sent'] as const),
      [cpg, OK],
      [join('bad'), OK],
      ...[7, 9, 2 ** 31, 2 ** 32 - 1].map((length) => [multicast(length), 'sent'] as const),
      [cpg, OK],
    ],
  },
  {
    title: 'names of groups that are too long, or odd (P7)',
    service: 'cpg',
    say: [
      [join('x'.repeat(128), 129), NAME_TOO_LONG],
      [join('x', 2 ** 32 - 1), NAME_TOO_LONG],
      [join('\0bad\0\xff'), OK],
    ],
  },
  {
    title: 'a second join, and iterations that are over or were never begun (P8)',
    service: 'cpg',
    say: [
      [join('twice'), OK],
      [join('twice'), EXIST],
      [join('other'), EXIST],
      [number(5, 160, 1, 152), OK],
      [handle(7, 1n), OK],
      [handle(7, 1n), BAD_HANDLE],
      [handle(6, 1n), BAD_HANDLE],
      [handle(6, 2n ** 64n - 1n), BAD_HANDLE],
    ],
  },
  {
    title: 'iterators and trackers of keys that are over or were never begun (P8)',
    service: 'cmap',
    say: [
      [handle(5, 77n), BAD_HANDLE],
      [handle(6, 77n), BAD_HANDLE],
      [handle(8, 77n), BAD_HANDLE],
      [request(4, 280), OK],
      [handle(6, 1n), OK],
      [handle(6, 1n), BAD_HANDLE],
      [handle(5, 1n), BAD_HANDLE],
    ],
  },
  {
    title: 'keys and values that cannot be (P11)',
    service: 'cmap',
    say: [
      [set('ab', U32, Buffer.alloc(4)), NAME_TOO_LONG],
      [set('bad.with blank', U32, Buffer.alloc(4)), NAME_TOO_LONG],
      [set('bad.$', U32, Buffer.alloc(4)), NAME_TOO_LONG],
      [set('x'.repeat(256), U32, Buffer.alloc(4)), NAME_TOO_LONG],
      [request(0, 300, (bytes) => name(bytes, 'bad.key', 65_535)), INVALID_PARAM],
      [set('totem.version', U32, Buffer.alloc(4)), ACCESS],
      [set('bad.key', U32, Buffer.alloc(3)), INVALID_PARAM],
      [set('bad.key', U32, Buffer.alloc(8)), INVALID_PARAM],
      [set('bad.key', U32, Buffer.alloc(4), 2n ** 64n - 1n), INVALID_PARAM],
      [set('bad.key', U32, Buffer.alloc(4), 2n ** 32n + 4n), INVALID_PARAM],
      [set('bad.key', 77, Buffer.alloc(4)), INVALID_PARAM],
      [set('bad.text', STRING, Buffer.from('no NUL')), OK],
      [request(1, 280, (bytes) => name(bytes, 'bad.text')), OK],
      [number(9, 24, 99), NOT_EXIST],
      [cmap, OK],
    ],
  },
  {
    title: 'votes that cannot be, and a device that is not registered (P12)',
    service: 'votequorum',
    say: [
      [number(1, 24, 0), INVALID_PARAM],
      [number(1, 24, 2 ** 32 - 1), INVALID_PARAM],
      [request(2, 24, (bytes) => bytes.writeUInt32LE(99, 20)), NAME_NOT_FOUND],
      [number(2, 24, 2 ** 32 - 1), INVALID_PARAM],
      [device(6, 272), NOT_EXIST],
      [device(7, 528), NOT_EXIST],
      [device(8, 296), NOT_EXIST],
      [device(9, 280), NOT_EXIST],
      [votequorum, OK],
    ],
  },
];

/** Requests that may be granted so many times only, to one connection. */
export const hoards: readonly {
  title: string;
  service: keyof typeof services;
  request: Buffer;
  most: number;
}[] = [
  { title: 'iterators of keys', service: 'cmap', request: request(4, 280), most: 64 },
  { title: 'trackers of keys', service: 'cmap', request: number(7, 296, 4, 280), most: 1024 },
  { title: 'iterations over groups', service: 'cpg', request: number(5, 160, 1, 152), most: 64 },
];

export function hoard(bytes: Buffer): Said[] {
  return Array.from({ length: MANY }, () => ({ bytes, silent: false }));
}

/** What 10,000 requests of a hoard get. */
export function granted(most: number): string[] {
  return Array.from({ length: MANY }, (_, n) => `answer ${n < most ? OK : NO_RESOURCES}`);
}
