/**
 * cpg-traffic.c over Coterie's own client: the same commands, the same lines (lines.ts).
 *
 * usage: cpg-traffic.js GROUP RUN-DIR [MODULE]
 *
 * MODULE has the class CpgClient: that of engine-cpg, unless another one is named.
 */
import { createInterface } from 'node:readline';
import { crc32 } from 'node:zlib';
import { formatRing } from '@coterie/sdk';
import type { Change, Group, Process } from '@coterie/engine-cpg/client';
import { QuorumClient } from '@coterie/engine-quorum/client';
import { until } from './until.js';

/** Of a message: counter, node id, pid, size, crc of the whole with this field zero; u32 each. */
const HEADER = 20;
const CRC_AT = 16;
/** How long to wait for a daemon that has not started or not synchronised yet, in milliseconds. */
const PATIENCE = 300_000;

const reasons = { join: 1, leave: 2, 'node-down': 3, 'node-up': 4, 'process-down': 5 };

const [, , groupName = '', runDir = '', module = '@coterie/engine-cpg/client'] = process.argv;
const { CpgClient } = (await import(module)) as typeof import('@coterie/engine-cpg/client');
/** What is being sent: so many more messages, one every `interval` milliseconds. */
const task = { left: 0, size: 0, interval: 0 };
let sending = false;
let counter = 0;

const cpg = await patiently(() => CpgClient.connect({ runDir }));
const quorum = await patiently(() => QuorumClient.connect({ runDir }));
write(`start`, `${cpg.nodeId}:${process.pid}`);
void cpg.closed.then((reason) => end(`cpg ${reason?.message}`));
void watchQuorum();
const group = await patiently(() =>
  cpg.join(groupName, {
    onDeliver,
    onConfiguration: ({ members, left, joined }) =>
      write(
        'view',
        `${list(members.map(name))} ${list(left.map(withReason))} ${list(joined.map(withReason))}`,
      ),
    onRing: ({ ring, members }) => write('ring', `${formatRing(ring)} ${list(members)}`),
  }),
);
void group.closed.then((reason) => reason && end(`group ${reason.message}`));
const input = createInterface(process.stdin);
input.on('line', (command) => void obey(command, group));
input.on('close', () => end('input closed'));

async function patiently<T>(attempt: () => Promise<T>): Promise<T> {
  let result: { readonly value: T } | undefined;
  await until('the daemon', PATIENCE, async () => {
    try {
      result = { value: await attempt() };
      return undefined;
    } catch (error) {
      return `says ${(error as Error).message}`;
    }
  }).catch((error: Error) => end(error.message));
  return result!.value;
}

async function watchQuorum(): Promise<void> {
  try {
    for await (const { quorate, ring, members } of quorum.watch()) {
      write('quorum', `${quorate ? 1 : 0} ${formatRing(ring)} ${list(members)}`);
    }
  } catch (error) {
    end(`quorum ${(error as Error).message}`);
  }
}

/** Lines on the standard input: `send COUNT SIZE INTERVAL`, `stop`, `groups`, `leave`, `quit`. */
async function obey(command: string, group: Group): Promise<void> {
  const [verb, count, size, interval] = command.split(' ');
  switch (verb) {
    case 'send':
      task.left = count === '-1' ? Infinity : Number(count);
      task.size = Number(size);
      task.interval = Number(interval) / 1000;
      if (!sending) await send(group);
      break;
    case 'stop':
      task.left = 0;
      write('done', `${counter}`);
      break;
    case 'groups': {
      const processes: string[] = [];
      for await (const one of cpg.groups()) processes.push(`${one.group}/${name(one)}`);
      write('groups', processes.join(' '));
      break;
    }
    case 'leave':
      await group.leave();
      break;
    case 'quit':
      await cpg.close();
      end('quit');
      break;
    default:
      end(`what is ${command}`);
  }
}

async function send(group: Group): Promise<void> {
  sending = true;
  let due = performance.now();
  while (task.left > 0) {
    try {
      await group.send(compose(task.size));
    } catch (error) {
      end((error as Error).message);
    }
    write('sent', `${counter} ${task.size}`);
    counter++;
    if (--task.left === 0) write('done', `${counter}`);
    due = Math.max(due + task.interval, performance.now());
    await new Promise((resolve) => setTimeout(resolve, due - performance.now()));
  }
  sending = false;
}

/** Messages shorter than the header are its first bytes. */
function compose(size: number): Buffer {
  const message = Buffer.alloc(Math.max(size, HEADER));
  for (let i = HEADER; i < size; i++) message[i] = counter * 31 + i * 7;
  [counter, cpg.nodeId, process.pid, size].forEach((word, i) => message.writeUInt32LE(word, 4 * i));
  if (size >= HEADER) message.writeUInt32LE(crc32(message), CRC_AT);
  return message.subarray(0, size);
}

function onDeliver(data: Uint8Array, from: Process): void {
  const message = Buffer.from(data);
  const { length } = message;
  const head = length < 4 ? message.readUIntLE(0, length) : message.readUInt32LE(0);
  write('got', `${name(from)} ${head} ${length} ${length < HEADER || sound(message, from) ? 'ok' : 'bad'}`);
}

function sound(message: Buffer, { nodeId, pid }: Process): boolean {
  const crc = message.readUInt32LE(CRC_AT);
  message.writeUInt32LE(0, CRC_AT);
  const claims = [4, 8, 12].map((at) => message.readUInt32LE(at)).join();
  return claims === [nodeId, pid, message.length].join() && crc === crc32(message);
}

function name({ nodeId, pid }: Process): string {
  return `${nodeId}:${pid}`;
}

function withReason(change: Change): string {
  return `${name(change)}:${reasons[change.reason]}`;
}

function list(items: readonly (string | number)[]): string {
  return items.length > 0 ? items.join() : '-';
}

/** The wall clock of performance.timeOrigin drifts from the one that C programs read: Date.now does not. */
function write(kind: string, text: string): void {
  process.stdout.write(`${kind} ${Date.now()} ${text}\n`);
}

function end(why: string): never {
  write('end', why);
  process.exit(0);
}
