/** C: messages in packets, and what a change of the ring does to them. */
import assert from 'node:assert/strict';
import { SlabPool } from '@coterie/sdk';
import { CpgProgram, type SimulatedCluster } from '@coterie/testkit';
import {
  Assembler,
  MAX_MESSAGE_SIZE,
  MCAST_SIZE,
  PacketQueue,
  PacketRef,
  PacketType,
  Packer,
} from '@coterie/totem/internal';
import type { KnownBug } from './known-bug.js';
import { changes, counted, heardAll, holds, programs, settle, started, timing, typeOf } from './ring.js';

export const rows: readonly KnownBug[] = [
  {
    row: 'C2',
    symptom:
      'With large packets a long message and the next one, packed behind its end, overflowed the memory for one message.',
    scenarios: [
      {
        name: 'the longest messages come whole with short ones behind them, at netmtu 1500, 9000 and 65507',
        property: 'Every message is delivered once, byte by byte.',
        finds: ['c2-next-message-appended'],
        run: longest,
      },
    ],
    remark:
      'At the layer that packs and assembles; the fields that the IPC adds are shorter than what is tried beyond 1 MiB - 1024.',
  },
  {
    row: 'C3',
    symptom: 'Packets whose numbers and lengths of parts did not fit crashed their receivers.',
    scenarios: [
      {
        name: 'a member whose packets do not fit together costs its messages and nothing else',
        property: 'The daemon lives, the ring stays, the packets are counted, and what follows is heard.',
        finds: ['c3-lengths-unchecked'],
        run: malformed,
      },
    ],
  },
  {
    row: 'C4',
    symptom:
      'The buffers were switched before the recovered messages were delivered: messages were corrupted or lost, and clusters hung.',
    scenarios: [
      {
        name: 'a slow node that is restarted again and again tears no message',
        property: 'No message is damaged or missing among those who stay together, and synchronisation ends.',
        finds: ['c4-buffers-switched-early'],
        run: slowRestarts,
      },
    ],
    remark:
      '40 restarts at two speeds; campaigns (npm run sim) draw bandwidth, restarts and message sizes at random.',
  },
  {
    row: 'C5',
    symptom:
      'What waited in a paused node was ordered before synchronisation: messages of an unknown node, or half of one that stopped it.',
    scenarios: [
      {
        name: 'messages that wait in a paused node are delivered after it is back, once',
        property:
          'Each is heard once, behind the join of its sender; synchronisation takes less than a token timeout.',
        finds: ['c5-ordinary-messages-first'],
        run: queuedWhilePaused,
      },
    ],
    tests: [
      {
        file: 'packages/totem/test/groups/pack.test.ts',
        test: 'leaves what is staged with the queue it was meant for',
        property: 'A message added before the queues are switched is not sent with those added behind.',
        finds: ['c5-staged-with-synchronisation'],
      },
    ],
    remark: 'Paused in simulated time.',
  },
  {
    row: 'C6',
    symptom:
      'What a killed node had sent of a message made the first one of its next life look like a wrong continuation.',
    scenarios: [
      {
        name: 'a node killed in the middle of a message is understood when it is back',
        property: 'Synchronisation ends, and the first message of its new life is heard.',
        finds: ['c6-torn-message-awaited'],
        run: killedMidMessage,
      },
    ],
  },
  {
    row: 'C7',
    symptom: 'Who joined in the middle of a long message delivered its end.',
    scenarios: [
      {
        name: 'a listener that comes in the middle of a message gets whole messages or nothing',
        property: 'From any packet on, exactly the messages are delivered that begin there or later.',
        finds: ['c7-end-without-beginning'],
        run: joinMidMessage,
      },
    ],
  },
];

/** The packets that messages are packed into: what stands behind the mcast header. */
function packed(netmtu: number, messages: readonly Uint8Array[]): Buffer[] {
  const normal = new PacketQueue(4096);
  const slabs = new SlabPool(256 * 1024, 4);
  const packer = new Packer(netmtu - 2 * MCAST_SIZE, slabs, normal, new PacketQueue(1));
  for (const message of messages) assert.ok(packer.add(new Uint8Array(0), message, undefined));
  packer.flush();
  const packets: Buffer[] = [];
  for (const packet = new PacketRef(); normal.shift(packet);) {
    const { slab, offset, length } = packet;
    packets.push(Buffer.from(slab!.bytes.slice(offset + MCAST_SIZE, offset + length)));
    slab!.release();
  }
  return packets;
}

function assembled(packets: readonly Buffer[]): Buffer[] {
  const messages: Buffer[] = [];
  const assembler = new Assembler((_, view, offset, length) =>
    messages.push(Buffer.from(Buffer.from(view.buffer, view.byteOffset + offset, length))),
  );
  for (const packet of packets)
    assembler.receive(1, new DataView(packet.buffer, packet.byteOffset, packet.length), 0, packet.length);
  return messages;
}

function message(size: number, seed: number): Buffer {
  return Buffer.from(Uint8Array.from({ length: size }, (_, i) => i * 31 + (i >> 8) + seed));
}

function same(heard: readonly Buffer[], said: readonly Buffer[]): void {
  assert.deepEqual(
    heard.map((each) => each.length),
    said.map((each) => each.length),
  );
  heard.forEach((each, i) => assert.ok(each.equals(said[i]!), `message ${i} is damaged`));
}

function longest(): void {
  for (const netmtu of [1500, 9000, 65_507]) {
    for (const size of [0x10_0000 - 1024, MAX_MESSAGE_SIZE]) {
      const said = [message(size, 1), message(700, 2), message(size, 3), message(1, 4)];
      same(assembled(packed(netmtu, said)), said);
    }
  }
}

/** Where the process-group header of an mcast has its fields. */
const FRAGMENTED = MCAST_SIZE + 4;
const CONTINUATION = MCAST_SIZE + 5;
const COUNT = MCAST_SIZE + 6;
const FIRST_LENGTH = MCAST_SIZE + 8;

async function malformed(): Promise<void> {
  const c = await started({ nodes: 2 });
  const [hearer, speaker] = await programs(c);
  const from = c.trace.events.length;
  const forgeries: ((packet: DataView) => void)[] = [
    (packet) => packet.setUint16(FIRST_LENGTH, packet.getUint16(FIRST_LENGTH, true) + 1, true),
    (packet) => packet.setUint16(FIRST_LENGTH, 0, true),
    (packet) => packet.setUint16(COUNT, packet.getUint16(COUNT, true) + 1, true),
    (packet) => packet.setUint16(COUNT, 0xffff, true),
    (packet) => packet.setUint16(COUNT, 0, true),
    (packet) => packet.setUint8(CONTINUATION, 7),
    (packet) => packet.setUint8(FRAGMENTED, 9),
  ];
  for (const forge of forgeries) {
    c.network.filter = (sender, to, bytes) => {
      if (sender === 2 && to === 1 && typeOf(bytes) === PacketType.mcast)
        forge(new DataView(bytes.buffer, bytes.byteOffset, bytes.length));
      return true;
    };
    speaker!.say(500);
    await assert.doesNotReject(c.run(20), 'the daemon threw');
    c.network.filter = () => true;
    // What follows a message that was torn is the end of it.
    speaker!.say(500);
    speaker!.say(500);
    const all = () => hearer!.heardLast.get(102) === speaker!.sent;
    assert.ok(await c.runUntil(all, 1000), 'what follows is not heard');
  }
  await c.run(1000);
  assert.equal(
    counted(c, 1, 'stats.srp.rx_dropped.pg_lengths') + counted(c, 1, 'stats.srp.rx_dropped.pg_count'),
    5,
  );
  assert.equal(changes(c, from), 0);
}

async function slowRestarts(): Promise<void> {
  for (const bandwidth of [100, 400]) {
    const c = await started({ nodes: 3, seed: bandwidth });
    const speakers = new Map<number, CpgProgram>();
    let pid = 200;
    const speak = () => {
      for (const node of c.nodes) {
        const speaker = speakers.get(node.id);
        if (!node.synchronised) continue;
        if (speaker === undefined || speaker.state === 'gone')
          speakers.set(node.id, new CpgProgram(c, node, 'g', pid++));
        else if (speaker.sent - (speaker.heardLast.get(speaker.pid) ?? 0) < 4)
          speaker.say(c.random.below(9000));
      }
      c.schedule.after(5, speak);
    };
    speak();
    c.network.bandwidth = bandwidth;
    for (let restart = 0; restart < 20; restart++) {
      await c.run(c.random.between(200, 1500));
      // What node 1 says last reaches nobody: a gap that messages of the others span.
      c.network.losses.push({ rate: 1, from: 1, kinds: ['message'] });
      await c.run(c.random.between(5, 100));
      c.crash(1);
      c.network.losses.length = 0;
      await c.run(c.random.between(10, 300));
      c.start(1);
      assert.ok(await c.runUntil(() => c.stable, 20_000, 5), 'synchronisation does not end');
    }
    holds(c);
  }
}

/** Milliseconds that the last synchronisation of each node took. */
function synchronisations(c: SimulatedCluster, from: number): number[] {
  const begun = new Map<number, number>();
  const took: number[] = [];
  for (const { kind, node, at } of c.trace.events.slice(from)) {
    if (kind === 'regular') begun.set(node, at);
    else if (kind === 'synchronised') took.push(at - begun.get(node)!);
  }
  return took;
}

async function queuedWhilePaused(): Promise<void> {
  for (const seed of [1, 2, 3]) {
    const c = await started({ nodes: 2, seed });
    const [speaker, hearer] = await programs(c);
    // Without the token what is said waits in the send queue.
    c.network.filter = () => false;
    await c.run(timing.hold + 10);
    for (let i = 0; i < 10; i++) speaker!.say(i % 3 === 0 ? 5000 : 300);
    await c.run(5);
    const long = timing.token + timing.consensus + 500;
    c.node(1).process.pause(long);
    c.network.calm();
    await c.run(long - 1);
    assert.deepEqual(hearer!.members, [{ nodeId: 2, pid: 102 }]);
    const from = c.trace.events.length;
    await settle(c);
    await heardAll(c, [hearer!, speaker!], [speaker!]);
    const heard = c.trace.events
      .slice(from)
      .flatMap((event) => (event.kind === 'hear' && event.node === 2 ? [event.number] : []));
    assert.deepEqual(heard, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    assert.ok(Math.max(...synchronisations(c, from)) < timing.token);
    holds(c);
  }
}

async function killedMidMessage(): Promise<void> {
  for (const packets of [1, 5, 20]) {
    const c = await started({ nodes: 3 });
    const all = await programs(c);
    let sent = 0;
    c.network.filter = (from, _, bytes) =>
      from !== 3 || typeOf(bytes) !== PacketType.mcast || sent++ < 2 * packets;
    all[2]!.say(100_000);
    assert.ok(await c.runUntil(() => sent > 2 * packets, 5000));
    c.crash(3);
    c.network.calm();
    c.start(3);
    await settle(c);
    const again = new CpgProgram(c, c.node(3), 'g', 200);
    assert.ok(await c.runUntil(() => again.state === 'joined', 5000), 'the new life does not join');
    again.say(50);
    await heardAll(c, all.slice(0, 2), [again]);
    holds(c);
  }
}

function joinMidMessage(): void {
  const said = [message(300, 1), message(9000, 2), message(200, 3), message(4000, 4), message(100, 5)];
  const packets = packed(1500, said);
  for (let first = 0; first < packets.length; first++) {
    const heard = assembled(packets.slice(first));
    same(heard, heard.length === 0 ? [] : said.slice(-heard.length));
  }
  assert.ok(assembled(packets.slice(2)).length >= 3);
}
