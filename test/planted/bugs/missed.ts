import type { MissedBug } from '../bug.js';

const ring = 'packages/totem/test/simulated-ring.test.ts';
const gather = 'packages/totem/test/gather.test.ts';
const captures = 'packages/engine-cpg/test/captures.test.ts';

/** Bugs that random schedules do not find, with a test that does. */
export const missedBugs: readonly MissedBug[] = [
  {
    name: 'rtr-list-cleared-unmet',
    what: 'requests for retransmission that this node cannot meet are thrown away',
    file: 'totem/dist/ring/token.js',
    find: 'token.rtrCount = kept;',
    replace: 'token.rtrCount = 0;',
    why: 'Whoever misses a packet asks for it again at its next visit, so that only time is lost.',
    finder: {
      file: ring,
      test: 'passes on requests for retransmission that a node cannot meet',
    },
  },
  {
    name: 'sort-queue-keeps-the-last',
    what: 'a second packet with the number of one that is there takes its place',
    file: 'totem/dist/ring/messages.js',
    find: 'if (queue.has(header.seq) || !seqLt(queue.released, header.seq))',
    replace: 'if (!queue.has(header.seq) && !seqLt(queue.released, header.seq))',
    why: 'Nodes repeat what they have sent to the last byte; only a forger gives a number twice.',
    finder: {
      file: ring,
      test: 'keeps the first of two messages that claim one place in the order, and says so',
    },
  },
  {
    name: 'consensus-without-commit',
    what: 'a member whose representative does not send the commit token waits for it for good',
    file: 'totem/dist/ring/gather.js',
    find: 'r.tokenLossTimer.start(r.settings.token);\n        return;',
    replace: 'return;',
    why: 'In the end all nodes are up, and the joins of others make it begin anew.',
    finder: {
      file: gather,
      test: 'does not wait for good for the commit token of a representative that has agreed and is gone',
    },
  },
  {
    name: 'accusations-outlive-ring',
    what: 'a node in recovery repeats whom the ring goes without to members that have installed it',
    file: 'totem/dist/ring/membership.js',
    find: 'forgive(r, join);',
    replace: '',
    why: 'Two rings must go on finding each other while one of them is half installed: a few schedules of ten thousand.',
    finder: {
      file: gather,
      test: 'forgets whom its ring was to go without when a member that has installed it has',
    },
  },
  {
    name: 'commit-for-other-members',
    what: 'the commit token is accepted whatever members it names',
    file: 'totem/dist/ring/commit.js',
    find: 'return (sameSet(nodeSet(token.members), without(r.proc, r.failed)) &&',
    replace: 'return (true &&',
    why: 'Only an old token is of that kind, and what it begins comes to nothing.',
    finder: {
      file: gather,
      test: 'takes none of a ring with others',
    },
  },
  {
    name: 'commit-of-the-past',
    what: 'the commit token is accepted whatever number its ring has',
    file: 'totem/dist/ring/commit.js',
    find: 'token.ringSequence > r.ring.sequence &&',
    replace: 'true &&',
    why: 'Only an old token is of that kind, and what it begins comes to nothing.',
    finder: {
      file: gather,
      test: 'takes none of a ring that is not newer than its own',
    },
  },
  {
    name: 'commit-out-of-turn',
    what: 'the commit token is accepted though it was here before',
    file: 'totem/dist/ring/commit.js',
    find: 'token.members[token.membIndex] === r.me',
    replace: 'true',
    why: 'Only a token that was on its way for long is of that kind, and what it begins comes to nothing.',
    finder: {
      file: gather,
      test: 'takes none before it is its turn',
    },
  },
  {
    name: 'recovery-sent-by-everybody',
    what: 'every survivor sends every message of recovery, more than a visit and a window allow',
    row: 'B9',
    file: 'totem/dist/ring/recovery.js',
    find: 'return place >= 0 && r.recovered[place] === 1;',
    replace: 'return false;',
    why: 'It takes more messages to recover than a window holds.',
    finder: {
      file: ring,
      test: 'recovers more messages than its window holds when each member sends them again',
    },
  },
  {
    name: 'fragment-ids-all-alike',
    what: 'the fragments of all messages have the same id',
    file: 'totem/dist/groups/pack.js',
    find: 'this.fragment = (this.fragment % 255) + 1;',
    replace: 'this.fragment = 1;',
    why: 'Who has missed the beginning of a message has no other one to go on with, whatever the id.',
    finder: {
      file: 'packages/totem/test/groups/pack.test.ts',
      test: 'numbers fragments from 1 in every message and wraps from 255 to 1',
    },
  },
  {
    name: 'end-not-isolated',
    what: 'what is packed with the end of a message that a change of the ring cuts is lost with it',
    file: 'totem/dist/create-totem.js',
    find: 'this.packer.isolateEnd();',
    replace: '',
    why: 'Coterie delivers what is packed with such an end; corosync’s nodes throw it away.',
    finder: {
      file: ring,
      test: 'ends a message that a change of the ring has cut in a packet of its own',
    },
  },
  {
    name: 'trans-queue-lost',
    what: 'what was queued for synchronisation and not sent by its end is thrown away',
    file: 'totem/dist/create-totem.js',
    find: 'if (!this.normal.push(slab, offset, length))\n                slab.release();',
    replace: 'slab.release();',
    why: 'Engines seldom have anything unsent when the last barrier of a synchronisation has come.',
    finder: {
      file: ring,
      test: 'sends after synchronisation what was queued for it and not sent by its end',
    },
  },
  {
    name: 'broken-message-mended',
    what: 'the middle of a message whose beginning is missing counts as its beginning',
    row: 'C7',
    file: 'totem/dist/groups/assemble.js',
    find: 'this.broken = more;',
    replace: '',
    why: 'A middle without its beginning is no message of any group, and is dropped later.',
    finder: {
      file: 'packages/totem/test/groups/assemble.test.ts',
      test: 'all of the message, up to its end',
    },
  },
  {
    name: 'services-of-the-first',
    what: 'the list of services is closed when the first member has named its own',
    file: 'core/dist/sync/synchronise.js',
    find: 'return members.every((member) => this.services.has(member));',
    replace: 'return members.some((member) => this.services.has(member));',
    why: 'All nodes of a schedule have the same services.',
    finder: {
      file: 'packages/core/test/sync/synchronise.test.ts',
      test: 'works through the union of all services, doing only the barrier for those it does not have',
    },
  },
  {
    name: 'departed-kept',
    what: 'who departed once departs again at every later synchronisation',
    file: 'engine-cpg/dist/synchronisation.js',
    find: 'this.departed.clear();',
    replace: '',
    why: 'To depart twice changes nothing for who is gone; one that comes back is in the list of its node.',
    finder: {
      file: captures,
      test: 'are those of a corosync node through kill and return of another (capture 04)',
    },
  },
  {
    name: 'lists-kept',
    what: 'lists of an aborted synchronisation count for the one that follows',
    file: 'engine-cpg/dist/synchronisation.js',
    find: 'this.downListSent = false;\n        this.forget();',
    replace: 'this.downListSent = false;',
    why: 'The list of the next synchronisation comes from every node and takes the place of the old one.',
    finder: {
      file: captures,
      test: 'count for nothing in a list that comes after its round, of a node that is gone',
    },
  },
  {
    name: 'joined-during-sync-forgotten',
    what: 'a process that joins during synchronisation is taken out at its end',
    file: 'engine-cpg/dist/synchronisation.js',
    find: 'this.joined.add(key(group, process));',
    replace: '',
    why: 'Requests of programs wait for the end of a synchronisation.',
    finder: {
      file: captures,
      test: 'keep a process that joins during synchronisation, whatever its node listed',
    },
  },
  {
    name: 'left-during-sync-listed',
    what: 'a process that leaves during synchronisation is entered again by the list that names it',
    file: 'engine-cpg/dist/synchronisation.js',
    find: '|| this.left.has(key(group, process))',
    replace: '',
    why: 'A program has to end between two messages of a synchronisation.',
    finder: {
      file: captures,
      test: 'leave no ghost of a process that a corosync node lists and then ends, or the reverse',
    },
  },
  {
    name: 'unknown-sender-delivered',
    what: 'messages of nodes without a member in the group are delivered',
    file: 'engine-cpg/dist/engine.js',
    find: 'const known = this.groups.find(group)?.hasNode(from) ?? false;',
    replace: 'const known = true;',
    why: 'Nodes send in the name of members only.',
    finder: {
      file: captures,
      test: 'are not delivered if no member is known on their node',
    },
  },
  {
    name: 'departure-lost-for-want-of-room',
    what: 'the end of a program is announced once, room in the send queue or not',
    file: 'engine-cpg/dist/departures.js',
    find: 'if (!departure.sent)\n                return this.retry.start(RETRY);',
    replace: 'departure.sent = true;',
    why: 'A program has to end while the queue is full.',
    finder: {
      file: 'packages/engine-cpg/test/membership.test.ts',
      test: 'announce an end that found no room once there is some',
    },
  },
  {
    name: 'recovery-a-rotation-early',
    what: 'the new ring is installed at the first quiet rotation of the token',
    file: 'totem/dist/ring/recovery.js',
    find: 'r.retransFlagCount >= 3 && seqLte(r.installSeq, token.aru)',
    replace: 'r.retransFlagCount >= 1 && seqLte(token.seq, token.aru)',
    why: 'Who installs the ring early has all that its members sent again; that others lack some of it shows only if it dies at once.',
    finder: {
      file: ring,
      test: 'installs a ring at the fourth token that asks for nothing, not before (totemsrp message_handler_orf_token)',
    },
  },
  {
    name: 'sync-not-aborted',
    what: 'a synchronisation goes on after its ring has ended',
    file: 'core/dist/sync/synchronise.js',
    find: 'this.transitional = configuration.members;\n            this.abort();',
    replace: 'this.transitional = configuration.members;',
    why: 'The synchronisation of the next ring ends it, a few packets later.',
    finder: {
      file: 'packages/core/test/sync/synchronise.test.ts',
      test: 'counts nothing towards the synchronisation of a ring that has ended',
    },
  },
  {
    name: 'first-list-counts',
    what: 'of two lists of one node the older counts',
    file: 'engine-cpg/dist/synchronisation.js',
    find: 'this.joinLists.set(from, processes);',
    replace: 'if (!this.joinLists.has(from)) this.joinLists.set(from, processes);',
    why: 'A node of Coterie sends one list in each synchronisation.',
    finder: {
      file: 'packages/engine-cpg/test/synchronisation.test.ts',
      test: 'takes the last of two lists of a node',
    },
  },
  {
    name: 'wait-for-all-forgotten',
    what: 'a node that starts does not wait until it has seen all others',
    file: 'engine-quorum/dist/votes.js',
    find: 'if (rules.waitForAll)\n            this.setWaiting(true);\n        this.count();',
    replace: 'this.count();',
    why: 'All nodes have to end, and some of them to start again without the others.',
    finder: {
      file: 'packages/engine-quorum/test/partitions.test.ts',
      test: 'lets either of two nodes go on alone with two_node, but not start alone',
    },
  },
];

/** Known bugs that random schedules do not find; the tables in test/known-bugs say what does. */
export const missedKnownBugs: readonly { readonly name: string; readonly why: string }[] = [
  {
    name: 'a8-failure-never-declared',
    why: 'No node is deaf to messages but not to tokens for as long as it takes to find out.',
  },
  { name: 'b1-stale-joins-count', why: 'The ring ends and is formed again: only time is lost.' },
  { name: 'b1-accusing-joins-count', why: 'The ring ends and is formed again: only time is lost.' },
  {
    name: 'b8-first-token-sent-again',
    why: 'The second token is older than the first when it comes: only packets are lost.',
  },
  { name: 'b12-pause-unnoticed', why: 'The ring ends and is formed again: only time is lost.' },
  {
    name: 'c6-torn-message-awaited',
    why: 'The id of the next fragment tells that it does not go on with the old beginning.',
  },
  {
    name: 'c7-end-without-beginning',
    why: 'An end without its beginning is no message of any group, and is dropped later.',
  },
  {
    name: 'e3-unlisted-processes-stay',
    why: 'A node that was apart counts as gone, with all its processes, already.',
  },
];
