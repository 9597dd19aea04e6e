import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import { SlabPool, type Member, type Slab } from '@coterie/sdk';
import type { Demand } from './demand.js';
import { packageUnderTest, type PackageUnderTest } from './package-under-test.js';
import { LARGEST, TransportNode, packet } from './transport-node.js';

/** A transport, and where its nodes can be. */
export interface TransportSubject {
  /** Of the plugin's package; what is tried is what its manifest names, so it has to be built. */
  readonly folder: string | URL;
  /** What `totem.transport` says to choose it. */
  readonly name: string;
  /** The plugin's section of corosync.conf, as its schema leaves it; empty unless told. */
  readonly section?: Readonly<Record<string, unknown>>;
  /** Nodes 1 to `count`, at addresses where their transports can be opened on this machine now. */
  members(count: number): readonly Member[] | Promise<readonly Member[]>;
}

/** Milliseconds that something may take to happen, and between two attempts of it. */
const PATIENCE = 5_000;
const PAUSE = 25;
/** Milliseconds in which a packet that must not come would come. */
const SILENCE = 150;

/**
 * What the contract of a transport asks for, on real time. It is best effort, so whatever is to arrive is sent again
 * until it does: a transport that loses some of it passes, one that changes a packet does not.
 *
 * @example for (const { title, run } of transportConformance(subject)) it(title, run);
 */
export function transportConformance(subject: TransportSubject): readonly Demand[] {
  const on = (title: string, count: number, run: (...nodes: TransportNode[]) => Promise<void>): Demand => ({
    title,
    run: () => withNodes(subject, count, run),
  });
  return [
    {
      title: 'passes the checks that a daemon makes before it runs a plugin',
      run: async () => {
        const { found } = await packageUnderTest(subject.folder);
        assert.ok(found.manifest.transports.includes(subject.name), 'its manifest names the transport');
      },
    },
    on('brings a broadcast to every other member', 3, broadcasts),
    on('brings a unicast to one member only', 3, unicasts),
    on('brings a unicast to itself', 1, unicastsToItself),
    on('sends nothing before flush', 2, waitsForFlush),
    on('changes and cuts no packet, whatever its size', 2, intact),
    on('knows its members only', 3, knowsMembers),
    on('never writes again to memory that somebody retains', 2, retains),
    on('gives back the memory of what it has sent', 2, releases),
    on('tells the state of its links, and counts', 2, reports),
    on('may be closed from inside a delivery', 2, closesInside),
    {
      title: 'can be opened again where it was closed',
      run: () => reopens(subject),
    },
  ];
}

async function withNodes(
  subject: TransportSubject,
  count: number,
  run: (...nodes: TransportNode[]) => Promise<void>,
): Promise<void> {
  const nodes = made(await packageUnderTest(subject.folder), subject, await subject.members(count));
  try {
    for (const node of nodes) await node.open();
    await run(...nodes);
  } finally {
    await Promise.all(nodes.map((node) => node.close()));
  }
}

function made(
  { loaded }: PackageUnderTest,
  { name, section = {} }: TransportSubject,
  members: readonly Member[],
): TransportNode[] {
  return members.map((member) => new TransportNode(loaded, name, section, member, members));
}

async function broadcasts(a: TransportNode, ...others: TransportNode[]): Promise<void> {
  await until(
    () => others.every((node) => node.numbers.includes(1)),
    () => {
      a.broadcast(packet(1, 100));
      a.flush();
    },
  );
}

async function unicasts(a: TransportNode, b: TransportNode, c: TransportNode): Promise<void> {
  await until(
    () => b.numbers.includes(1),
    () => {
      assert.ok(a.unicast(b.id, packet(1, 100)), 'node 2 is unknown');
      a.flush();
    },
  );
  await setTimeout(SILENCE);
  assert.deepEqual(c.numbers, [], 'node 3 got what was for node 2');
  assert.deepEqual(a.numbers, [], 'node 1 got what was for node 2');
}

async function unicastsToItself(a: TransportNode): Promise<void> {
  await until(
    () => a.numbers.includes(1),
    () => {
      assert.ok(a.unicast(a.id, packet(1, 100)), 'it does not know itself');
      a.flush();
    },
  );
}

async function waitsForFlush(a: TransportNode, b: TransportNode): Promise<void> {
  a.broadcast(packet(1, 100));
  a.unicast(b.id, packet(2, 100));
  await setTimeout(SILENCE);
  assert.deepEqual(b.numbers, [], 'packets came that nobody had flushed');
  a.flush();
  await until(
    () => b.numbers.includes(1) || b.numbers.includes(2) || b.numbers.includes(3),
    () => {
      a.broadcast(packet(3, 100));
      a.flush();
    },
  );
}

async function intact(a: TransportNode, b: TransportNode): Promise<void> {
  const sizes = [4, 5, 57, 100, 999, 1455, LARGEST - 1, LARGEST];
  await until(
    () => sizes.every((_, number) => b.numbers.includes(number)),
    () => {
      a.broadcast(...sizes.map((size, number) => packet(number, size)));
      a.flush();
    },
  );
  for (const bytes of b.packets) {
    const number = bytes.readUInt32LE(0);
    assert.deepEqual(bytes, packet(number, sizes[number]!), `packet ${number} came with other bytes`);
  }
}

async function knowsMembers(a: TransportNode, b: TransportNode, c: TransportNode): Promise<void> {
  assert.equal(a.unicast(77, packet(1, 50)), false, 'it takes a packet for a node that is no member');
  a.transport.setMembers(a.without(b.id));
  assert.equal(a.unicast(b.id, packet(1, 50)), false, 'it takes a packet for a node that was removed');
  await until(
    () => c.numbers.includes(2),
    () => {
      a.broadcast(packet(2, 50));
      a.flush();
    },
  );
  a.transport.setMembers(a.without());
  await until(
    () => b.numbers.includes(3),
    () => {
      a.unicast(b.id, packet(3, 50));
      a.flush();
    },
  );
}

async function retains(a: TransportNode, b: TransportNode): Promise<void> {
  const kept: { slab: Slab; offset: number; length: number; copy: Buffer }[] = [];
  b.onBatch = ({ slab, count, offsets, lengths }) => {
    for (let i = 0; i < count; i++) {
      const [offset, length] = [offsets[i]!, lengths[i]!];
      slab.retain();
      kept.push({ slab, offset, length, copy: Buffer.from(slab.bytes.subarray(offset, offset + length)) });
    }
  };
  let sent = 0;
  await until(
    () => kept.length >= 200,
    () => {
      a.broadcast(...Array.from({ length: 20 }, () => packet(sent++, 1000)));
      a.flush();
    },
  );
  for (const { slab, offset, length, copy } of kept) {
    assert.deepEqual(Buffer.from(slab.bytes.subarray(offset, offset + length)), copy);
    slab.release();
  }
}

async function releases(a: TransportNode, b: TransportNode): Promise<void> {
  const pool = new SlabPool(1000, 1);
  const slab = pool.take();
  a.transport.broadcast(slab, 0, 500);
  a.transport.unicast(b.id, slab, 500, 500);
  slab.release();
  assert.notEqual(pool.take(), slab, 'it gave back what it had not sent yet');
  a.flush();
  await until(() => pool.take() === slab);
}

async function reports(a: TransportNode, b: TransportNode): Promise<void> {
  await broadcasts(a, b);
  const links = a.transport.links();
  assert.ok(links.length > 0, 'it has no link');
  assert.ok(
    links.some(({ up }) => up),
    `no link is up: ${links.map(({ reason }) => reason).join(', ')}`,
  );
  for (const [name, value] of a.transport.counters()) {
    assert.match(name, /^[a-z][a-z0-9_.]*$/, 'counters are named like keys of the database');
    assert.ok(Number.isSafeInteger(value) && value >= 0, `${name} is ${value}`);
  }
}

async function closesInside(a: TransportNode, b: TransportNode): Promise<void> {
  let closed: Promise<void> | undefined;
  b.onBatch = () => {
    closed ??= b.close();
  };
  await until(
    () => closed !== undefined,
    () => {
      a.broadcast(...Array.from({ length: 50 }, (_, number) => packet(number, 500)));
      a.flush();
    },
  );
  await closed;
  const heard = b.packets.length;
  a.broadcast(packet(1, 50));
  a.flush();
  b.broadcast(packet(2, 50));
  b.flush();
  await setTimeout(SILENCE);
  assert.equal(b.packets.length, heard, 'packets came after close had been done');
}

async function reopens(subject: TransportSubject): Promise<void> {
  const under = await packageUnderTest(subject.folder);
  const members = await subject.members(2);
  for (let round = 0; round < 2; round++) {
    const nodes = made(under, subject, members);
    try {
      for (const node of nodes) await node.open();
      await broadcasts(...(nodes as [TransportNode, TransportNode]));
    } finally {
      await Promise.all(nodes.map((node) => node.close()));
    }
  }
}

/** Makes an attempt again and again until it has led to something. @throws AssertionError if that takes too long */
async function until(condition: () => boolean, attempt: () => void = () => undefined): Promise<void> {
  const deadline = performance.now() + PATIENCE;
  for (;;) {
    attempt();
    await setTimeout(PAUSE);
    if (condition()) return;
    assert.ok(performance.now() < deadline, `nothing came of it within ${PATIENCE} ms`);
  }
}
