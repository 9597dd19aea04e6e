import assert from 'node:assert/strict';
import type { Logger } from '@coterie/sdk';
import { AddressBook } from '../dist/transport-parts/address-book.js';
import { resolveOwn } from '../dist/transport-parts/resolve.js';

/** A resolver whose answers are given by hand. */
class Names {
  private readonly waiting: { name: string; answer: (address: string | Error) => void }[] = [];

  readonly resolve = (name: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const answer = (address: string | Error) =>
        typeof address === 'string' ? resolve(address) : reject(address);
      this.waiting.push({ name, answer });
    });

  get asked(): string[] {
    return this.waiting.map(({ name }) => name);
  }

  async answer(address: string | Error): Promise<void> {
    this.waiting.shift()!.answer(address);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('the address book', () => {
  let names: Names;
  let logged: string[];
  let changes: number;
  let book: AddressBook;

  beforeEach(() => {
    names = new Names();
    logged = [];
    changes = 0;
    const say = (message: string) => void logged.push(message);
    const log: Logger = { error: say, warn: say, info: say, debug: say, trace: say, enabled: () => true };
    book = new AddressBook(4, names.resolve, log, () => changes++);
  });

  const addresses = () => book.resolved().map(({ nodeId, address }) => `${nodeId} ${address}`);

  it('has literal addresses at once and names when they are resolved', async () => {
    book.set([
      { nodeId: 1, address: '192.0.2.1', port: 0 },
      { nodeId: 2, address: 'two', port: 7 },
    ]);
    assert.deepEqual(addresses(), ['1 192.0.2.1']);
    assert.equal(changes, 1);
    await names.answer('192.0.2.2');
    assert.deepEqual(addresses(), ['1 192.0.2.1', '2 192.0.2.2']);
    assert.equal(changes, 2);
  });

  it('complains once about a name, tries again when told, and says when it has it', async () => {
    book.set([{ nodeId: 2, address: 'two', port: 0 }]);
    book.retry();
    assert.deepEqual(names.asked, ['two'], 'one question at a time');
    await names.answer(new Error('ENOTFOUND'));
    book.retry();
    await names.answer(new Error('ENOTFOUND'));
    assert.equal(logged.length, 1);
    assert.match(logged[0]!, /two/);
    book.retry();
    await names.answer('192.0.2.2');
    assert.match(logged[1]!, /192\.0\.2\.2/);
    book.retry();
    assert.deepEqual(names.asked, []);
  });

  it('keeps the last good address of a name across a reload', async () => {
    const members = [{ nodeId: 2, address: 'two', port: 0 }];
    book.set(members);
    await names.answer('192.0.2.2');
    book.set([...members, { nodeId: 3, address: '192.0.2.3', port: 0 }]);
    await names.answer(new Error('EAI_AGAIN'));
    assert.deepEqual(addresses(), ['2 192.0.2.2', '3 192.0.2.3']);
    assert.match(logged[0]!, /192\.0\.2\.2 stays in use/);
  });

  it('forgets the answer to a question about a member that has gone', async () => {
    book.set([{ nodeId: 2, address: 'two', port: 0 }]);
    book.set([{ nodeId: 2, address: '192.0.2.9', port: 0 }]);
    const before = changes;
    await names.answer('192.0.2.2');
    assert.deepEqual(addresses(), ['2 192.0.2.9']);
    assert.equal(changes, before);
  });

  it('leaves a member of the other IP version out, loudly', () => {
    book.set([{ nodeId: 2, address: 'fd00::2', port: 0 }]);
    assert.deepEqual(addresses(), []);
    assert.match(logged[0]!, /fd00::2/);
  });
});

describe('the IP version of the ring', () => {
  const both = async (_name: string, family: number) => (family === 4 ? '192.0.2.1' : '2001:db8::1');
  const onlyV4 = async (_name: string, family: number) => {
    if (family === 6) throw new Error('ENOTFOUND');
    return '192.0.2.1';
  };

  it('is the first of ip_version in which the own name has an address', async () => {
    assert.deepEqual(await resolveOwn('me', 'ipv6-4', both), { address: '2001:db8::1', family: 6 });
    assert.deepEqual(await resolveOwn('me', 'ipv6-4', onlyV4), { address: '192.0.2.1', family: 4 });
    assert.deepEqual(await resolveOwn('me', 'ipv4-6', both), { address: '192.0.2.1', family: 4 });
    assert.deepEqual(await resolveOwn('me', 'ipv6', both), { address: '2001:db8::1', family: 6 });
    assert.equal(await resolveOwn('me', 'ipv6', onlyV4), undefined);
  });

  it('is that of a literal address, if ip_version allows it', async () => {
    assert.deepEqual(await resolveOwn('192.0.2.5', 'ipv6-4', both), { address: '192.0.2.5', family: 4 });
    assert.deepEqual(await resolveOwn('fd00::1', 'ipv4-6', both), { address: 'fd00::1', family: 6 });
    assert.equal(await resolveOwn('192.0.2.5', 'ipv6', both), undefined);
  });
});
