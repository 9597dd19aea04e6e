import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SharedFolders } from '../../dist/adapters/client-files.js';

describe('files that clients share with engines', () => {
  const uid = process.getuid?.() ?? -1;
  let folder: string;
  let path: string;
  let files: SharedFolders;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'coterie-shared-'));
    path = join(folder, 'buffer');
    writeFileSync(path, 'hello');
    files = new SharedFolders([folder]);
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  it('lose their name, and are read and written as they are', () => {
    const file = files.take(path, uid)!;
    assert.equal(existsSync(path), false);
    const bytes = Buffer.alloc(4);
    assert.equal(file.read(1, bytes), true);
    assert.equal(bytes.toString(), 'ello');
    assert.equal(file.write(1, Buffer.from('a')), true);
    assert.equal(file.read(0, bytes), true);
    assert.equal(bytes.toString(), 'hall');
    assert.equal(file.read(2, bytes), false, 'it ends before');
    file.close();
  });

  it('may be cut short at any time', () => {
    const own = openSync(path, 'r+');
    const file = files.take(path, uid)!;
    ftruncateSync(own, 3);
    assert.equal(file.read(0, Buffer.alloc(5)), false);
    assert.equal(file.read(0, Buffer.alloc(3)), true);
    file.close();
    closeSync(own);
  });

  it('are left alone where they are not what they should be', () => {
    const other = join(folder, 'other');
    mkdirSync(join(folder, 'deeper'));
    writeFileSync(join(folder, 'deeper', 'file'), '');
    symlinkSync(path, join(folder, 'link'));
    execFileSync('mkfifo', [join(folder, 'fifo')]);
    const traps = ['deeper', 'deeper/file', 'link', 'fifo', 'none', '', '.', '..', 'deeper/../buffer'];
    for (const trap of traps) assert.equal(files.take(`${folder}/${trap}`, uid), undefined, trap);
    assert.equal(files.take(`${path}\0`, uid), undefined);
    assert.equal(files.take('/etc/passwd', 0), undefined);
    assert.equal(files.take(path, uid + 1), undefined, 'of somebody else');
    linkSync(path, other);
    assert.equal(files.take(path, uid), undefined, 'with a second name');
    for (const left of ['buffer', 'other', 'link', 'fifo', 'deeper/file'])
      assert.ok(existsSync(join(folder, left)), left);
  });

  it('are limited in number', () => {
    const open = [];
    for (;;) {
      writeFileSync(path, '');
      const file = files.take(path, uid);
      if (file === undefined) break;
      open.push(file);
    }
    assert.equal(open.length, 1024);
    open.pop()!.close();
    const one = files.take(path, uid);
    assert.ok(one);
    for (const file of [...open, one]) file.close();
  });
});
