import assert from 'node:assert/strict';
import { check, type Log } from './checker.js';
import { readLine } from './lines.js';

/** Two clients that meet, exchange a message each, and stay together when node 3 leaves them. */
const one = `
start 1 1:10
view 1 1:10 - 1:10:1
ring 1 1.4 1,2,3
quorum 1 1 1.4 1,2,3
view 2 1:10,2:20 - 2:20:1
sent 3 0 400
got 4 1:10 0 400 ok
got 5 2:20 0 400 ok
ring 6 1.8 1,2
view 6 1:10,2:20,3:30 - 3:30:1
view 7 1:10,2:20 3:30:3 -
quorum 7 1 1.8 1,2
got 8 2:20 1 2 ok`;
const two = `
start 1 2:20
view 2 1:10,2:20 - 2:20:1
ring 2 1.4 1,2,3
quorum 2 1 1.4 1,2,3
sent 3 0 400
got 4 1:10 0 400 ok
got 5 2:20 0 400 ok
sent 6 1 2
ring 6 1.8 1,2
view 6 1:10,2:20,3:30 - 3:30:1
view 7 1:10,2:20 3:30:3 -
quorum 7 1 1.8 1,2
got 8 2:20 1 2 ok`;

describe('the checker of process groups', () => {
  it('finds nothing wrong with what is right', () => {
    assert.deepEqual(check([log(one), log(two)]), []);
  });

  const late = `
start 2 3:30
view 6 1:10,2:20,3:30 - 3:30:1
ring 6 1.8 1,2,3
got 8 2:20 MISSING 2 ok
view 9 1:10,3:30 2:20:4 -`;
  const early = `
start 1 1:10
view 1 1:10,2:20 - 1:10:1,2:20:1
ring 1 1.4 1,2
got 4 2:20 0 400 ok
ring 6 1.8 1,2,3
view 6 1:10,2:20,3:30 - 3:30:1
got 7 2:20 1 400 ok
got 8 2:20 2 400 ok
got 8 2:20 3 400 ok
view 9 1:10,3:30 2:20:4 -`;

  it('lets nodes that come in miss the message that was being sent, and a corosync what was packed with it', () => {
    const afterwards = (first: number): string => {
      const messages = [1, 2, 3].filter((counter) => counter >= first);
      return late.replace(/got.*/, messages.map((counter) => `got 8 2:20 ${counter} 400 ok`).join('\n'));
    };
    assert.deepEqual(check([log(early), log(afterwards(2), 'coteried')]), []);
    assert.deepEqual(check([log(early), log(afterwards(3), 'corosync')]), []);
    assert.match(
      check([log(early), log(afterwards(3), 'coteried')]).join(),
      /of 3 messages of 2:20, 3:30 lacks 2/,
    );
    assert.match(
      check([log(early.replace(/got 7.*\n/, '')), log(afterwards(1))]).join(),
      /message 2 of 2:20/,
    );
  });

  it('knows short messages of a sender that was away by those before it went', () => {
    const one = `
start 1 1:10
view 1 1:10,2:20 - 1:10:1,2:20:4
ring 1 1.4 1,2
got 4 2:20 299 400 ok
ring 6 1.8 1,2
view 7 1:10 2:20:3 -
view 7 1:10,2:20 - 2:20:4
got 8 2:20 44 1 ok
got 8 2:20 45 1 ok
got 8 2:20 302 400 ok`;
    assert.deepEqual(check([log(one)]), []);
    assert.match(check([log(one.replace('302', '303'))]).join(), /where 302 should/);
  });

  const faults: Record<string, { one?: [string, string]; two?: [string, string]; finds: RegExp }> = {
    damage: { one: ['got 4 1:10 0 400 ok', 'got 4 1:10 0 400 bad'], finds: /damaged: message 0 of 1:10/ },
    'another order': {
      two: ['got 4 1:10 0 400 ok\ngot 5 2:20 0 400 ok', 'got 4 2:20 0 400 ok\ngot 5 1:10 0 400 ok'],
      finds: /no common order of \d messages/,
    },
    'a repetition': {
      one: ['got 5 2:20 0 400 ok', 'got 5 2:20 0 400 ok\ngot 5 1:10 0 400 ok'],
      finds: /delivered twice: 1:10\/0/,
    },
    'a gap': { one: ['got 5 2:20 0 400 ok\n', ''], finds: /message 1 of 2:20, 2 bytes where 0 should come/ },
    'a loss in one of two that stay together': {
      one: ['got 5 2:20 0 400 ok\n', ''],
      finds: /1\.4 .* -> 1\.8 .*: of 1 messages of 2:20, 1:10 lacks 1/,
    },
    'the loss of its own message': {
      two: ['got 8 2:20 1 2 ok', ''],
      finds: /2:20: 1 messages of its own never came back/,
    },
    'a stranger': { one: ['got 8 2:20', 'got 8 4:40'], finds: /from a stranger: message 1 of 4:40/ },
    'a member out of nowhere': {
      one: ['view 7 1:10,2:20 3:30:3', 'view 7 1:10,2:20,4:40 3:30:3'],
      finds: /members 1:10,2:20,4:40 where the changes make 1:10,2:20/,
    },
    'a leaver who was none': {
      one: ['3:30:3 -', '3:31:3 -'],
      finds: /left without having been a member: 3:31/,
    },
    'the joining of a member': { one: ['- 3:30:1', '- 2:20:1'], finds: /joined twice: 2:20/ },
    'a beginning without oneself': {
      two: ['view 2 1:10,2:20 - 2:20:1', 'view 2 1:10,2:20 - 1:10:1'],
      finds: /2:20: the first change is not its own joining/,
    },
    'disagreement about members': {
      two: ['quorum 7 1 1.8 1,2', 'quorum 7 1 1.8 2'],
      finds: /ring 1.8 has members/,
    },
    'disagreement about quorum': {
      two: ['quorum 7 1 1.8', 'quorum 7 0 1.8'],
      finds: /ring 1.8 is quorate here only/,
    },
    'two quorate parts': {
      one: ['quorum 7 1 1.8 1,2', 'quorum 7 1 1.8 1'],
      two: ['quorum 7 1 1.8 1,2', 'quorum 7 1 2.8 2'],
      finds: /both quorate: 1\.8 and 2\.8/,
    },
  };
  for (const [fault, { one: inOne, two: inTwo, finds }] of Object.entries(faults)) {
    it(`finds ${fault}`, () => {
      const problems = check([log(changed(one, inOne)), log(changed(two, inTwo))]);
      assert.match(problems.join('\n'), finds);
    });
  }
});

function log(text: string, kind: Log['kind'] = 'corosync'): Log {
  const lines = text.trim().split('\n').map(readLine);
  const [start] = lines;
  assert.ok(start?.kind === 'start');
  return { self: start.self, lines, alive: true, kind };
}

function changed(text: string, [from, to]: readonly [string, string] = ['', '']): string {
  assert.ok(text.includes(from), from);
  return text.replace(from, to);
}
