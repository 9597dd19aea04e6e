import assert from 'node:assert/strict';
import { DaemonChecker } from '@coterie/testkit';
import { broken, originate, type Line } from './traces.js';

function verdict(...lines: Line[]): string {
  return broken(new DaemonChecker(1), ...lines);
}

describe('the daemon checker', () => {
  it('wants no daemon to end by an error of its own (alive)', () => {
    assert.equal(verdict([1, { kind: 'fail', how: 'failure: TypeError: x is not a function' }]), 'alive');
    assert.equal(
      verdict([1, { kind: 'fail', how: 'crash' }], [2, { kind: 'fail', how: 'asked: asked' }]),
      '',
    );
    assert.equal(verdict([1, { kind: 'fail', how: 'failure: COTERIE_E_STATE_WRITE' }]), '');
  });

  it('wants max_messages to be kept at each visit of the token (F1)', () => {
    const [first, second]: Line[] = [
      [1, originate(4, 1)],
      [1, originate(4, 2)],
    ];
    const checker = new DaemonChecker(1);
    const said: string[] = [];
    const observe = (at: number, [, happening]: Line) =>
      checker.observe({ at, node: 1, life: 1, ...happening }, (property) => said.push(property));
    observe(1, first!);
    observe(2, second!);
    assert.deepEqual(said, []);
    observe(2, second!);
    assert.deepEqual(said, ['F1']);
  });
});
