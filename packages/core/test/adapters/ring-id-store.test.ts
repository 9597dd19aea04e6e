import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CoterieError, type Storage } from '@coterie/sdk';
import { FileStorage } from '../../dist/adapters/file-storage.js';
import { StoredRingId } from '../../dist/adapters/ring-id-store.js';
import { RecordedLog } from '../recorded-logs.js';

const code = (wanted: string) => (error: unknown) => error instanceof CoterieError && error.code === wanted;

describe('stored ring sequence', () => {
  let folder: string;
  let file: string;
  let log: RecordedLog;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'coterie-state-'));
    file = join(folder, 'ringid_168427777');
    log = new RecordedLog();
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  const open = (storage: Storage = new FileStorage(folder)) => new StoredRingId(storage, 168427777, log);

  it('is 0 and made at once where there is none', () => {
    assert.equal(open().load(), 0);
    assert.deepEqual(readFileSync(file), Buffer.alloc(8));
  });

  it('is kept as corosync keeps it', () => {
    for (const sequence of [1, 0xffffffff, 0x1_0000_0000, 2 ** 53 - 5]) {
      open().store(sequence);
      assert.equal(open().load(), sequence);
      assert.equal(readFileSync(file).readBigUInt64LE(), BigInt(sequence));
      assert.equal(statSync(file).size, 8);
      assert.equal(statSync(file).mode & 0o777, 0o600);
    }
    assert.deepEqual(readdirSync(folder), ['ringid_168427777']);
  });

  it('counts as 0 in a file that was cut short, and says so', () => {
    for (let length = 0; length < 8; length++) {
      writeFileSync(file, Buffer.alloc(length, 1));
      assert.equal(open().load(), 0);
      assert.equal(statSync(file).size, 8);
    }
    assert.equal(log.lines.filter(({ level }) => level === 'warn').length, 8);
  });

  it('refuses a sequence behind which there is no other, and leaves the file alone', () => {
    for (const sequence of [2n ** 53n - 4n, 2n ** 53n, 2n ** 64n - 1n]) {
      const bytes = Buffer.alloc(8);
      bytes.writeBigUInt64LE(sequence);
      writeFileSync(file, bytes);
      assert.throws(() => open().load(), code('COTERIE_E_RING_ID'));
      assert.deepEqual(readFileSync(file), bytes);
    }
  });

  it('fails loudly on a disk that is full, at the start already', () => {
    const full: Storage = {
      read: () => undefined,
      write: () => {
        throw new CoterieError('COTERIE_E_STATE_WRITE', 'no space left on device');
      },
    };
    assert.throws(() => open(full).load(), code('COTERIE_E_STATE_WRITE'));
    assert.throws(() => open(full).store(5), code('COTERIE_E_STATE_WRITE'));
  });

  it('fails loudly where the folder cannot be made or the file cannot be read or replaced', () => {
    writeFileSync(join(folder, 'occupied'), '');
    assert.throws(() => new FileStorage(join(folder, 'occupied', 'state')), code('COTERIE_E_STATE_WRITE'));
    const gone = new FileStorage(join(folder, 'gone'));
    rmSync(join(folder, 'gone'), { recursive: true });
    assert.throws(() => open(gone).store(5), code('COTERIE_E_STATE_WRITE'));
    const store = new FileStorage(join(folder, 'other'));
    rmSync(join(folder, 'other'), { recursive: true });
    writeFileSync(join(folder, 'other'), '');
    assert.throws(() => open(store).load(), code('COTERIE_E_STATE_READ'));
  });

  it('leaves the folder by no name', () => {
    const storage = new FileStorage(folder);
    for (const name of ['../x', 'a/b', '', '.', '..', '.hidden', 'a\0']) {
      assert.throws(() => storage.read(name), TypeError, name);
      assert.throws(() => storage.write(name, Buffer.alloc(1)), TypeError, name);
    }
  });
});
