import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CoterieError } from '@coterie/sdk';
import { claim, projectAt, runningCluster, workFolder, type Pointer } from '../dist/dev/pointer.js';
import { reservePorts } from '../dist/dev/ports.js';

const ADDRESS = '127.0.0.1';

function coded(code: string): (error: unknown) => boolean {
  return (error) => error instanceof CoterieError && error.code === code;
}

describe('The ports of a development cluster', () => {
  let taken: Socket;
  let port: number;

  beforeEach(async () => {
    taken = createSocket('udp4');
    taken.bind(0, ADDRESS);
    await once(taken, 'listening');
    port = taken.address().port;
  });

  afterEach(() => taken.close());

  it('are in a row, and others than those of a cluster that has just been started', async () => {
    const one = await reservePorts(ADDRESS, 3);
    const other = await reservePorts(ADDRESS, 3);
    try {
      const [first = 0] = one.numbers;
      assert.deepEqual(one.numbers, [first, first + 1, first + 2]);
      assert.deepEqual(
        one.numbers.filter((number) => other.numbers.includes(number)),
        [],
      );
    } finally {
      one.release();
      other.release();
    }
  });

  it('are refused when one of those that the user named is taken', async () => {
    await assert.rejects(reservePorts(ADDRESS, 2, port - 1), coded('COTERIE_E_DEV_PORTS'));
  });

  it('are others when a program uses the first ones', async () => {
    const { numbers, release } = await reservePorts(ADDRESS, 2);
    release();
    const blocker = createSocket('udp4');
    blocker.bind(numbers[1], ADDRESS);
    await once(blocker, 'listening');
    try {
      const others = await reservePorts(ADDRESS, 2);
      others.release();
      assert(!others.numbers.includes(numbers[1] ?? 0));
    } finally {
      blocker.close();
    }
  });
});

describe('The pointer to a development cluster', () => {
  let project: string;
  let runs: string;
  let pointer: Pointer;

  beforeEach(() => {
    project = mkdtempSync(join(tmpdir(), 'coterie-test-'));
    writeFileSync(join(project, 'package.json'), '{}');
    runs = join(project, 'runs');
    mkdirSync(runs);
    pointer = { pid: process.pid, runs, nodes: [{ nodeId: 1, runDir: join(runs, '1') }] };
  });

  afterEach(() => rmSync(project, { recursive: true }));

  it('is found from any folder of the project until it is released', () => {
    const deep = join(project, 'a', 'b');
    mkdirSync(deep, { recursive: true });
    assert.equal(projectAt(deep), project);
    const release = claim(project, pointer);
    assert.deepEqual(runningCluster(deep), pointer);
    release();
    assert.equal(runningCluster(deep), undefined);
  });

  it('keeps a second cluster out while the first one runs', () => {
    claim(project, pointer);
    assert.throws(() => claim(project, pointer), coded('COTERIE_E_DEV_RUNNING'));
  });

  it('of a cluster that was killed is cleared away with its folder', async () => {
    const gone = spawn(process.execPath, ['-e', '']);
    await once(gone, 'exit');
    claim(project, { ...pointer, pid: gone.pid ?? 0 });
    assert.equal(runningCluster(project), undefined);
    const next = { ...pointer, runs: mkdtempSync(join(project, 'next-')) };
    claim(project, next);
    assert(!existsSync(runs));
    assert.deepEqual(runningCluster(project), next);
  });

  it('that is no JSON counts as none', () => {
    mkdirSync(workFolder(project), { recursive: true });
    writeFileSync(join(workFolder(project), 'cluster.json'), '{');
    assert.equal(runningCluster(project), undefined);
    claim(project, pointer);
  });
});

describe('The leash', () => {
  it('ends the process when the other end of its standard input goes', async () => {
    const leash = new URL('../dist/dev/leash.js', import.meta.url).href;
    const child = spawn(
      process.execPath,
      ['--import', leash, '-e', 'setInterval(() => {}, 1000); console.log("up")'],
      {
        stdio: ['pipe', 'pipe', 'inherit'],
      },
    );
    await once(child.stdout, 'data');
    child.stdin.end();
    assert.deepEqual(await once(child, 'exit'), [null, 'SIGTERM']);
  });

  it('does not keep a process alive that has ended its work', async () => {
    const leash = new URL('../dist/dev/leash.js', import.meta.url).href;
    const child = spawn(process.execPath, ['--import', leash, '-e', ''], {
      stdio: ['pipe', 'ignore', 'inherit'],
    });
    assert.deepEqual(await once(child, 'exit'), [0, null]);
  });
});
