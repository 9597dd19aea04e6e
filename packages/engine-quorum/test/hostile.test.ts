import assert from 'node:assert/strict';
import fc from 'fast-check';
import { requestHandlers } from '@coterie/sdk';
import { QuorumEngine } from '../dist/quorum.js';
import { VotequorumEngine } from '../dist/votequorum.js';
import { NodeInfo } from '../dist/wire.js';
import { Lab, encode } from './lab.js';

const bytes = fc.uint8Array({ maxLength: 600 });

describe('hostile input', () => {
  it('from members stops nothing, whatever the bytes', () => {
    const body = fc.record({ fn: fc.nat(6), from: fc.constantFrom(1, 2, 3, 77), body: bytes });
    fc.assert(
      fc.property(fc.array(body, { maxLength: 20 }), (messages) => {
        const lab = new Lab({ votes: [1, 1, 1] });
        lab.form([1, 2, 3]);
        for (const { fn, from, body } of messages) {
          const view = new DataView(body.buffer, body.byteOffset, body.length);
          lab.node(1).deliver({ service: 5, fn, from, body: view });
        }
        lab.settle();
        const { quorum, totalVotes, nodes } = lab.node(1).dump();
        assert.ok(Number.isSafeInteger(quorum) && Number.isSafeInteger(totalVotes));
        assert.ok(nodes.length <= 4);
        assert.equal(lab.node(1).quorate, lab.node(1).dump().quorate);
      }),
      { numRuns: 200 },
    );
  });

  it('from members makes no majority out of huge numbers', () => {
    const lab = new Lab({ votes: [1, 1, 1] });
    lab.form([1, 2, 3]);
    const word = { nodeId: 2, votes: 0xffffffff, expectedVotes: 0xffffffff, flags: 0 };
    lab.node(1).deliver({ service: 5, fn: 0, from: 2, body: encode(NodeInfo, word) });
    const { quorum, totalVotes } = lab.node(1).dump();
    assert.deepEqual([totalVotes, quorum], [0x1_0000_0001, 0x8000_0001]);
  });

  it('lets no member speak for another', () => {
    const lab = new Lab({ votes: [1, 1, 1] });
    lab.form([1, 2, 3]);
    const before = lab.node(1).dump();
    const word = { nodeId: 3, votes: 9, expectedVotes: 9, flags: 0 };
    lab.node(1).deliver({ service: 5, fn: 0, from: 2, body: encode(NodeInfo, word) });
    assert.deepEqual(lab.node(1).dump(), before);
  });

  it('from clients stops nothing: each request is answered once or refused', () => {
    const services = { quorum: QuorumEngine, votequorum: VotequorumEngine } as const;
    const request = fc.record({
      service: fc.constantFrom('quorum' as const, 'votequorum' as const),
      pick: fc.nat(),
      body: bytes,
    });
    fc.assert(
      fc.property(fc.array(request, { maxLength: 20 }), (requests) => {
        const lab = new Lab({ votes: [1, 1, 1] });
        lab.form([1, 2, 3]);
        const node = lab.node(1);
        for (const { service, pick, body } of requests) {
          const handlers = requestHandlers(services[service]);
          const { id } = handlers[pick % handlers.length]!;
          const client = node.connect(service);
          const view = new DataView(body.buffer, body.byteOffset, body.length);
          const taken = node.rawRequest(service, client, id, view);
          lab.settle();
          const responses = client.take().filter(({ kind }) => kind === 'response');
          assert.equal(responses.length, taken ? 1 : 0);
        }
      }),
      { numRuns: 200 },
    );
  });
});
