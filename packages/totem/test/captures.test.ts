import assert from 'node:assert/strict';
import { PacketType } from '@coterie/totem/internal';
import { decodeCapture } from './decode-capture.js';

const captures = [
  ['01-udpu-boot', 433, 62],
  ['02-udp-mcast-boot', 682, 70],
  ['03-udpu-cpg', 1098, 9],
  ['04-udpu-kill9-rejoin', 1158, 61],
  ['05-udpu-partition-merge', 1118, 53],
  ['06-udpu-loss-retransmit', 532, 164],
  ['07-udpu-recovery-encapsulated', 1791, 81],
  ['08-udpu-cfg-votequorum', 698, 25],
  ['09-udpu-cfg-shutdown-leave', 169, 19],
] as const;

describe('traffic recorded from corosync', () => {
  for (const [name, datagrams, messages] of captures) {
    it(`${name}: every byte is understood and written the same way`, function () {
      this.timeout(20_000);
      const report = decodeCapture(capture(name));
      assert.deepEqual(report.problems, []);
      assert.equal(report.datagrams, datagrams);
      assert.equal(report.messages, messages);
    });
  }

  it('04-udpu-kill9-rejoin holds every type of packet', () => {
    const { types } = decodeCapture(capture('04-udpu-kill9-rejoin'));
    assert.deepEqual([...types.keys()].sort(), Object.values(PacketType));
  });

  it('07-udpu-recovery-encapsulated holds these messages', () => {
    const { kinds } = decodeCapture(capture('07-udpu-recovery-encapsulated'));
    assert.deepEqual(Object.fromEntries(kinds), {
      'cmap mcast': 2,
      'cpg downlist': 2,
      'cpg joinlist': 1,
      'cpg mcast': 60,
      'cpg procjoin': 2,
      'sync barrier': 8,
      'sync service_build': 2,
      'votequorum nodeinfo': 4,
    });
  });
});

function capture(name: string): URL {
  return new URL(`../test/captures/${name}.pcap`, import.meta.url);
}
