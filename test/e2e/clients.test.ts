import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { HELLO_ID, Hello, REQUEST_HEADER, SOCKET_NAME, STREAM_VERSION } from '@coterie/sdk/client';
import { CpgClient } from '@coterie/engine-cpg/client';
import { Prng } from '@coterie/testkit';
import { hostileFrame, isDeadly, services } from '../fuzz/targets/request-frames.js';
import { messages, type Scenario } from '../interop/scenarios.js';
import { until } from '../interop/until.js';
import { describeWith, program } from '../needs.js';
import { withRing } from './with-ring.js';

const PATIENCE = 30_000;
const CPG = 2;
/** Of the groups engine. */
const JOIN = 0;
const MCAST = 2;

function frame(id: number, body: Uint8Array, size = REQUEST_HEADER + body.length): Buffer {
  const header = Buffer.alloc(REQUEST_HEADER);
  header.writeInt32LE(id, 0);
  header.writeInt32LE(size, 8);
  return Buffer.concat([header, body]);
}

function hello(service: number): Buffer {
  const body = Buffer.alloc(8);
  Hello.encode({ version: STREAM_VERSION, service }, new DataView(body.buffer, body.byteOffset), 0);
  return frame(HELLO_ID, body);
}

/** A program that has come as far as being connected. */
async function intruder(runDir: string): Promise<Socket> {
  const socket = connect(join(runDir, SOCKET_NAME));
  socket.on('error', () => undefined);
  await new Promise((resolve) => socket.once('connect', resolve));
  return socket;
}

const closed = (socket: Socket): Promise<unknown> =>
  socket.closed ? Promise.resolve() : new Promise((resolve) => socket.once('close', resolve));

/** Bytes of memory that a process has. */
function resident(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return 1024 * Number(kilobytes);
}

/** A program joins a group and never reads; another sends to the group until that one is out. */
async function flood(runDir: string): Promise<void> {
  const deaf = await intruder(runDir);
  const client = await CpgClient.connect({ runDir });
  let members = 0;
  const group = await client.join('flood', { onConfiguration: (event) => (members = event.members.length) });
  deaf.pause();
  deaf.write(Buffer.concat([hello(CPG), frame(JOIN, joining('flood'))]));
  await until('the joining of the deaf', PATIENCE, () => (members === 2 ? undefined : `${members} members`));
  // More than what waits for a client at most and what lies in the socket.
  const bulk = Buffer.alloc(1_000_000);
  for (let n = 0; n < 100 && members === 2; n++) await group.send(bulk);
  await until('the end of the deaf', PATIENCE, () => (members === 1 ? undefined : 'it is still a member'));
  await client.close();
  deaf.destroy();
}

/** A request to join a group, as another process than this one. */
function joining(group: string): Buffer {
  const body = Buffer.alloc(160);
  body.writeUInt32LE(group.length, 0);
  body.write(group, 8);
  body.writeUInt32LE(4711, 136);
  return body;
}

/** The same requests each time; campaigns of test/fuzz try others. */
const random = new Prng(1);

/** Any request but one to end a node, which might be granted. */
function hostile(service: number): Uint8Array {
  const bytes = hostileFrame(random, service);
  return isDeadly(service, bytes) ? hostile(service) : bytes;
}

const few: Scenario = messages([[500, 20]]);

describeWith([program('setpriv')], 'a daemon and its clients', () => {
  it('is not moved by clients that send anything but requests', async () => {
    await withRing({ nodes: 2, token: 1000 }, async (cluster) => {
      const { runDir } = cluster.node(1);
      const noises = [
        () => randomBytes(5000),
        ...services.map((service) => () => Buffer.concat([hello(service), hostile(service)])),
      ];
      for (let round = 0; round < 25; round++) {
        const sockets = await Promise.all(noises.map(() => intruder(runDir)));
        sockets.forEach((socket, i) => socket.resume().end(noises[i]!()));
        await Promise.all(sockets.map(closed));
      }
      await few.run(cluster);
    });
  }).timeout(90_000);

  it('forgets a client that dies, wherever in its requests', async () => {
    await withRing({ nodes: 1, token: 1000 }, async (cluster) => {
      const { runDir } = cluster.node(1);
      const whole = Buffer.concat([
        hello(CPG),
        frame(JOIN, joining('doomed')),
        frame(MCAST, Buffer.alloc(500)),
      ]);
      for (let length = 0; length <= whole.length; length += 7) {
        const socket = await intruder(runDir);
        await new Promise<void>((resolve) => socket.write(whole.subarray(0, length), () => resolve()));
        socket.destroy();
      }
      // Of those that got as far as to join, none is left; the traffic client is.
      const client = await CpgClient.connect({ runDir });
      await until('departures', PATIENCE, async () => {
        const processes: string[] = [];
        for await (const { group, pid } of client.groups()) processes.push(`${group}/1:${pid}`);
        return processes.join() === `interop/${cluster.node(1).client.self}` ? undefined : processes.join();
      });
      await client.close();
      await few.run(cluster);
    });
  }).timeout(60_000);

  it('disconnects clients that never read, and has their memory for the next', async () => {
    await withRing({ nodes: 1, token: 1000 }, async (cluster) => {
      const node = cluster.node(1);
      const taken: number[] = [];
      for (let round = 0; round < 12; round++) {
        await flood(node.runDir);
        await few.run(cluster);
        taken.push(Math.round(resident(node.pid) / 2 ** 20));
      }
      // 64 MiB wait for a client at most: 320 MiB from the second flood to the seventh. The C library keeps what was
      // freed, more or less of it from one flood to the next, so that the least of the last six counts.
      assert.ok(Math.min(...taken.slice(6)) - taken[1]! < 96, `MiB after each flood: ${taken.join()}`);
    });
  }).timeout(240_000);

  it('leaves within 5 s of SIGTERM, although one of its clients stands still', async () => {
    await withRing({ nodes: 2, token: 1000 }, async (cluster) => {
      const node = cluster.node(1);
      const second = await CpgClient.connect({ runDir: node.runDir });
      node.client.pause();
      try {
        // Fails after 5 s.
        await node.stop();
        await cluster.agree([2], PATIENCE);
        await second.closed;
        assert.match(node.log(), /ended: SIGTERM/);
      } finally {
        node.client.resume();
      }
    });
  }).timeout(60_000);
});
