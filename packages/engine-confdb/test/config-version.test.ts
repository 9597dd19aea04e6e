import assert from 'node:assert/strict';
import { value } from '@coterie/sdk';
import { synchronisation, versionChanged, type Captured } from './captured.js';
import { FakeNode } from './ports.js';

const KEY = 'totem.config_version';
const HEADER = 16;

/** The body; the padding of these messages is zero in the captures too. */
function bodyOf({ hex }: Captured): DataView {
  const bytes = Buffer.from(hex, 'hex').subarray(HEADER);
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

function hex(view: DataView | undefined): string {
  assert.ok(view);
  return Buffer.from(view.buffer, view.byteOffset, view.byteLength).toString('hex');
}

/** Nodes with these versions synchronise; who of them lives? */
function survivors(versions: readonly bigint[], transitional = true): number[] {
  const nodes = versions.map((version, index) => {
    const node = new FakeNode(index + 1);
    if (version > 0n) node.database.set(KEY, value.u64(version));
    node.sent.length = 0;
    return node;
  });
  const members = nodes.map(({ nodeId }) => nodeId);
  for (const node of nodes) {
    const ring = { representative: 1, sequence: 4 };
    node.engine.sync.init({ ring, members, transitional: transitional ? [node.nodeId] : [] });
  }
  for (const node of nodes) assert.equal(node.engine.sync.process(), 'done');
  for (const from of nodes) {
    for (const body of from.sent.splice(0))
      for (const node of nodes) assert.ok(node.deliver(from.nodeId, body));
  }
  for (const node of nodes) node.engine.sync.activate();
  for (const node of nodes) {
    const told = versions.map((_, index) => node.database.get(`runtime.members.${index + 1}.config_version`));
    assert.deepEqual(
      told.map((version) => version?.value),
      versions,
    );
  }
  return nodes.filter((node) => node.shutdown === undefined).map(({ nodeId }) => nodeId);
}

describe('config_version', () => {
  it('is sent as real nodes send it', () => {
    const node = new FakeNode();
    node.engine.sync.init({ ring: { representative: 1, sequence: 4 }, members: [1], transitional: [] });
    node.engine.sync.process();
    node.database.set(KEY, value.u64(6n));
    assert.equal(hex(node.sent[0]), hex(bodyOf(synchronisation)));
    assert.equal(hex(node.sent[1]), hex(bodyOf(versionChanged)));
  });

  it('is read as real nodes send it', () => {
    const node = new FakeNode();
    assert.ok(node.deliver(3, bodyOf(synchronisation)));
    assert.deepEqual(node.database.get('runtime.members.3.config_version'), value.u64(0n));
    assert.ok(node.deliver(3, bodyOf(versionChanged)));
    assert.deepEqual(node.database.get('runtime.members.3.config_version'), value.u64(6n));
  });

  it('stops the older nodes, never the newest (I2)', () => {
    assert.deepEqual(survivors([2n, 1n]), [1]);
    assert.deepEqual(survivors([1n, 3n, 2n]), [2]);
    assert.deepEqual(survivors([5n, 5n, 5n]), [1, 2, 3]);
  });

  it('stops nobody without a version, or at the first boot', () => {
    assert.deepEqual(survivors([0n, 7n]), [1, 2]);
    assert.deepEqual(survivors([1n, 2n], false), [1, 2]);
  });

  it('is compared once: a reload meanwhile is no reason to stop', () => {
    const node = new FakeNode();
    node.database.set(KEY, value.u64(1n));
    const synchronise = () => {
      node.engine.sync.init({ ring: { representative: 1, sequence: 4 }, members: [1, 3], transitional: [1] });
      node.deliver(3, bodyOf(versionChanged));
      node.engine.sync.activate();
    };
    node.engine.sync.init({ ring: { representative: 1, sequence: 4 }, members: [1], transitional: [1] });
    node.engine.sync.activate();
    synchronise();
    assert.equal(node.shutdown, undefined);
  });

  it('is sent when there is room again', () => {
    const node = new FakeNode();
    node.full = true;
    assert.equal(node.engine.sync.process(), 'again');
    node.database.set(KEY, value.u64(6n));
    node.full = false;
    assert.ok(node.due);
    node.due();
    assert.equal(hex(node.sent[0]), hex(bodyOf(versionChanged)));
  });
});
