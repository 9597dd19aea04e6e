/** H: the connections of clients. */
import assert from 'node:assert/strict';
import { QuorumProgram } from '@coterie/testkit';
import type { KnownBug } from './known-bug.js';
import { programs, started } from './ring.js';

export const rows: readonly KnownBug[] = [
  {
    row: 'H2',
    symptom:
      'A size below zero or beyond the request was passed on, and memory read that did not belong to it (libqb).',
    tests: [
      {
        file: 'packages/core/test/routing/client-router.test.ts',
        test: 'answers bad requests with INVALID_PARAM and keeps the connection',
        property: 'Each request that says another size than it has is refused.',
        finds: ['h2-size-believed'],
      },
      {
        file: 'packages/sdk/test/frame-reader.test.ts',
        test: 'stops for good at a frame of 101 bytes',
        property: 'A stream with a frame that cannot be ends there.',
        finds: ['h2-frame-of-any-size'],
      },
    ],
    remark:
      'For clients of libqb test/interop/libqb.test.ts has a client that lies about sizes; a bug cannot be planted in libqb.',
  },
  {
    row: 'H3',
    symptom: 'A client that cut the shared memory short ended the daemon (SIGBUS, libqb).',
    remark:
      'Not in our code: the rings are mapped and checked by libqb 2, which has the fix; what ipc-qb itself tells a client in shared memory, flow control, it writes to the file and does not map.',
  },
  {
    row: 'H4',
    symptom: 'The daemon could not stop while a client that tracks something was connected.',
    scenarios: [
      {
        name: 'a node leaves although its clients read nothing',
        property: 'It has ended after 5 s.',
        finds: ['h4-waits-for-clients'],
        run: leaveWithTrackers,
      },
    ],
    remark: 'test/e2e/clients.test.ts stops a real client and a daemon with it.',
  },
];

async function leaveWithTrackers(): Promise<void> {
  const c = await started({ nodes: 2 });
  const [program] = await programs(c);
  const watcher = new QuorumProgram(c, c.node(1));
  await c.run(100);
  program!.client.read(Infinity);
  watcher.client.read(Infinity);
  c.leave(1);
  assert.ok(await c.runUntil(() => c.nodes.length === 1, 5000), 'node 1 still runs');
  assert.equal(program!.client.closed, 'the daemon is leaving');
}
