import assert from 'node:assert/strict';
import { empty, value } from '@coterie/sdk';
import { ExplanationText, type Explanation } from '../dist/explanation.js';
import { QuorumRequest } from '../dist/quorum-wire.js';
import { Lab } from './lab.js';

function explained(lab: Lab, id: number): Explanation {
  const client = lab.node(id).connect('quorum');
  lab.node(id).request('quorum', client, QuorumRequest.explain, empty, undefined);
  const { view } = client.answer();
  const decoded = ExplanationText.decode(view, 24, view.byteLength - 24);
  assert.ok(decoded.ok);
  return decoded.value;
}

describe('the explanation of quorum', () => {
  it('names each node whose loss would end it, or how many together', () => {
    const lab = new Lab({ votes: [1, 1, 1, 1, 1] });
    lab.form([1, 2, 3]);
    assert.deepEqual(explained(lab, 1), {
      quorate: true,
      reason: '3 of 5 votes, quorum is 3',
      changes: [2, 3].map((node) => ({ what: 'loss', nodes: [node] })),
    });
    lab.form([1, 2, 3, 4, 5]);
    assert.deepEqual(
      explained(lab, 5).changes.map(({ what, nodes }) => [what, nodes.length]),
      [['loss', 3]],
    );
  });

  it('names each node that would bring it, and what an administrator can do', () => {
    const lab = new Lab({ votes: [1, 1, 1, 2, 1] });
    lab.form([1, 2], [3, 4, 5]);
    const { quorate, reason, changes } = explained(lab, 1);
    assert.deepEqual([quorate, reason], [false, '2 of 6 votes, quorum is 4']);
    assert.deepEqual(changes, [
      { what: 'join', nodes: [4] },
      { what: 'expected-votes', nodes: [], votes: 2 },
    ]);
    lab.form([1], [2], [3, 4, 5]);
    assert.deepEqual(explained(lab, 2).changes[0], { what: 'join', nodes: [4, 1] });
  });

  it('says that it waits for all, and that this can be cancelled', () => {
    const lab = new Lab({ votes: [1, 1], settings: { two_node: value.u8(1) } });
    lab.form([1]);
    const { reason, changes } = explained(lab, 1);
    assert.match(reason, /^waiting for all/);
    assert.deepEqual(
      changes.map(({ what }) => what),
      ['join', 'cancel-wait-for-all', 'expected-votes'],
    );
  });

  it('has little to say without a provider', () => {
    const lab = new Lab({ votes: [1], provider: false });
    lab.form([1]);
    assert.deepEqual(explained(lab, 1).changes, []);
    assert.match(explained(lab, 1).reason, /no quorum provider/);
  });

  it('tries things on without doing them', () => {
    const lab = new Lab({ votes: [1, 1, 1] });
    lab.form([1, 2, 3]);
    const before = JSON.stringify(lab.node(1).dump());
    explained(lab, 1);
    assert.equal(JSON.stringify(lab.node(1).dump()), before);
  });
});
