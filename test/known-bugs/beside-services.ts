/** Bugs beside the rows of the catalogue, by commit: services, clients and the configuration. */
import type { KnownBug, SuiteTest } from './known-bug.js';

const cpg = 'packages/engine-cpg/test';
const quorum = 'packages/engine-quorum/test';
const core = 'packages/core/test';
const inLibrary =
  'In corosync’s C library, which programs bring along; the TypeScript client has no such step.';
const inLibqb = 'In libqb: ipc-qb needs version 2, which has the fix.';

export const rows: readonly KnownBug[] = [
  found('d6cbfe25', 'Messages of nodes that no configuration had told of were delivered.', {
    file: `${cpg}/captures.test.ts`,
    test: 'are not delivered if no member is known on their node',
    property: 'A message of a node without members is counted, not heard.',
    finds: ['d6cbfe25-strangers-delivered'],
  }),
  found('9c69184c', 'Who joined was told of changes in another order than the others.', {
    file: `${cpg}/synchronisation.test.ts`,
    test: 'tells with one event a group of all processes of a node that left, then of those that came',
    property: 'One event of those that left, one of those that came, in one order.',
    finds: ['9c69184c-order-of-lists'],
  }),
  found('2d10e2bb', 'Names of groups longer than 128 bytes were cut.', {
    file: `${cpg}/requests.test.ts`,
    test: 'take names as bytes of up to 128 (P7)',
    property: 'A longer name is refused.',
    finds: ['2d10e2bb-long-names-cut'],
  }),
  found('0e86aa4a', 'The answer to cpg_membership_get had the wrong size.', {
    file: `${cpg}/requests.test.ts`,
    test: 'answer with the sizes that libcpg reads',
    property: 'The answer has the size that libcpg waits for.',
    finds: ['0e86aa4a-membership-too-short'],
  }),
  leftOut('79f43112', 'A program without a callback for messages crashed at a fragment.', inLibrary),
  found('15b2e94c', 'Requests that send were let through while the ring synchronised.', {
    file: `${core}/routing/client-router.test.ts`,
    test: 'holds requests that need room during synchronisation, and runs the others',
    property: 'They wait until it is over.',
    finds: ['15b2e94c-sends-during-synchronisation'],
  }),
  leftOut(
    '83aec0b8',
    'The id of the ring was compared after it had been copied, so every ring was the old one.',
    'Cannot occur: each regular configuration begins a round, whatever its id; messages of other rings are F1.',
  ),
  found('03379a0f', 'Quorum was told the members of the ring before.', {
    file: `${quorum}/quorum.test.ts`,
    test: 'sends clients of model 1 the node list, then the verdict about it',
    property: 'The list is that of the ring.',
    finds: ['03379a0f-old-members-told'],
  }),
  found('a71ec5d9', 'votequorum called programs back once for each node that spoke.', {
    file: `${quorum}/votequorum.test.ts`,
    test: 'tells a tracker each change once, and refuses a second trackstart',
    property: 'One list and one verdict a change.',
    finds: ['a71ec5d9-verdict-with-every-word'],
  }),
  found(
    'bd2e6b5d, 0c16442f',
    'Expected votes below those present were taken; others were refused, and shown all the same.',
    {
      file: `${quorum}/votequorum.test.ts`,
      test: 'answers what corosync answers to administrators',
      property: 'What cannot be is refused.',
      finds: ['0c16442f-expects-less-than-present'],
    },
  ),
  found('c832ade0', 'two_node and auto_tie_breaker could be set together.', {
    file: `${quorum}/rules.test.ts`,
    test: 'turns off what cannot work, and says so',
    property: 'two_node is off then, with a warning.',
    finds: ['c832ade0-two-nodes-and-tie-breaker'],
  }),
  found(
    'b8902464, b4c99346',
    'A quorum device voted for a ring that was over, and nobody waited for its vote.',
    {
      file: `${quorum}/device.test.ts`,
      test: 'gives its vote to the side that it polls for',
      property: 'A poll with another ring id is refused, and synchronisation waits for one.',
      finds: ['b8902464-poll-for-any-ring', 'b4c99346-nobody-waits-for-device'],
    },
  ),
  found('b34c1e28', 'Programs that connected early got random data.', {
    file: `${core}/routing/client-router.test.ts`,
    test: 'lets nobody in before the first synchronisation, nor to an engine that is not here',
    property: 'They are told to try again.',
    finds: ['b34c1e28-early-clients'],
  }),
  leftOut('acad48bf', 'A program that finalized its handle within a callback crashed.', inLibrary),
  leftOut(
    '2f24513d',
    'A message that filled the buffer for events exactly was corrupted.',
    'Cannot occur: such buffers are libqb’s; the stream server’s frames up to the largest are tested (core/test/ipc).',
  ),
  found('1135c911', 'Flow control could lock a connection up.', {
    file: `${core}/routing/client-router.test.ts`,
    test: 'lets those who wait for room go on in turn',
    property: 'Everybody who was held goes on once there is room.',
    finds: ['1135c911-held-for-ever'],
  }),
  found('3b320c17', 'Without file descriptors left the daemon did not say so to its clients.', {
    file: `${core}/routing/client-router.test.ts`,
    test: 'lets in 64 connections of a user and 1,024 in all, and more when some have gone',
    property: 'NO_RESOURCES beyond a limit well below that of file descriptors.',
    finds: ['3b320c17-connections-without-end'],
  }),
  found('libqb c89b11c, 7f56f58', 'Connections that never finished their handshake were kept.', {
    file: `${core}/ipc/stream-server.test.ts`,
    test: 'ends what does not finish its handshake in five seconds',
    property: 'They end after five seconds.',
    finds: ['c89b11c-half-open-connections'],
  }),
  leftOut(
    'libqb 1bbaa92',
    'A long line of the log overflowed a buffer.',
    'Cannot occur: lines are strings of any length.',
  ),
  leftOut('libqb e322e98, 6a4067c', 'Files in /dev/shm had names that could be foreseen.', inLibqb),
  leftOut('libqb e092430', 'A credential message that was too short was read.', inLibqb),
  found('546aea23', 'Read-only keys could be counted up and down.', {
    file: 'packages/engine-confdb/test/cmap.test.ts',
    test: 'adjusts integers',
    property: 'ACCESS for a key that is read-only.',
    finds: ['546aea23-read-only-adjusted'],
  }),
  found('805a0f3c', 'Trackers were told of values that had not changed.', {
    file: `${core}/database/database.test.ts`,
    test: 'tells changes to exact and prefix trackers, and nothing when the value is the same',
    property: 'The same value again is no change.',
    finds: ['805a0f3c-same-value-told'],
  }),
  leftOut(
    'db7eebf8',
    'A tracker of the statistics could not be ended.',
    'Cannot occur: a tracker belongs to its connection, whichever map that looks at.',
  ),
  leftOut(
    'f837f95d',
    'A reload took away users that programs had let in.',
    'Cannot occur: a reload clears uidgid.config only; the keys of programs are beside it.',
  ),
  found('125848d8', 'A key that was taken out of the file kept its effect after a reload.', {
    file: `${core}/config/reload.test.ts`,
    test: 'sets what changed and deletes what went',
    property: 'The key goes, and the default counts.',
    finds: ['125848d8-removed-keys-stay'],
  }),
  found('997074cc', 'Two nodes of the list could have one id.', {
    file: `${core}/config/load.test.ts`,
    test: 'needs one nodelist, with addresses and without duplicates',
    property: 'Refused, with both lines.',
    finds: ['997074cc-duplicate-nodes'],
  }),
  leftOut(
    'da5833e3',
    'The end of a section in a node ended the node, and the others got wrong numbers.',
    'Cannot occur: sections are a tree with one ending each; deep nesting is tested (core/test/config).',
  ),
  leftOut(
    '6cc3a242',
    'A line of blanks overflowed the stack.',
    'Cannot occur: lines are strings, and at most 510 bytes.',
  ),
  leftOut(
    '77d9ea3c',
    'Non-breaking spaces made names of keys that nobody could see were wrong.',
    'Refused with the line, where corosync takes them for blanks (core/test/config/corosync-conf.test.ts).',
  ),
  found(
    '791cc6c9, 461cf494, 9ff50d8e',
    'cfg: the end of tracking was not answered, trackers were not asked, the asker was.',
    {
      file: 'packages/engine-cfg/test/cfg.test.ts',
      test: 'is asked about once at a time, newcomers and not the asker',
      property: 'Everybody who tracks is asked, but not who wants the shutdown.',
      finds: ['9ff50d8e-asks-the-asker'],
    },
  ),
  leftOut('d5005d5e, d768a10a', 'Locks of libsam deadlocked, also across a fork.', inLibrary),
];

function found(row: string, symptom: string, test: SuiteTest): KnownBug {
  return { row, symptom, tests: [test] };
}

function leftOut(row: string, symptom: string, remark: string): KnownBug {
  return { row, symptom, remark };
}
