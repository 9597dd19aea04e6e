import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { corosyncConf } from '../interop/corosync-conf.js';
import { Fabric } from './fabric.js';
import { PATIENCE } from './ring.js';

const project = fileURLToPath(new URL('../../../', import.meta.url));
const coterie = join(project, 'packages/cli/bin/coterie.js');

interface Examined {
  readonly area: string;
  readonly findings: readonly { readonly severity: string; readonly what: string; readonly hint: string }[];
}

describe('coterie doctor over soft-RoCE', function () {
  this.timeout(PATIENCE);

  let folder: string;
  before(() => (folder = mkdtempSync(join(tmpdir(), 'coterie-doctor-'))));
  after(() => rmSync(folder, { recursive: true }));

  /** What node 1 would find with this `netmtu`, as far as RDMA is concerned. */
  async function examine(netmtu: string): Promise<Examined[]> {
    const file = join(folder, 'corosync.conf');
    const sections = `totem {\n  netmtu: ${netmtu}\n}`;
    writeFileSync(file, corosyncConf({ transport: 'iba', sections }, new Fabric().seenBy(), folder));
    const doctor = [coterie, 'doctor', '--json', '--config', file, '--name', 'node1', '--project', project];
    // It ends with 1 where it has found errors, here at least that no daemon runs.
    const out = await new Promise<string>((resolve) =>
      execFile(process.execPath, doctor, (_error, stdout) => resolve(stdout)),
    );
    const { examined } = JSON.parse(out) as { examined: Examined[] };
    return examined.filter(({ area }) => area.startsWith('RDMA'));
  }

  it('lists the ports, and finds nothing wrong with netmtu: auto', async () => {
    const [first, second, third, verdict] = await examine('auto');
    const port = /^RDMA device rxe(\d) port 1: Ethernet, active, MTU 4096, .*\b10\.9\.0\.\1\b/;
    for (const { area } of [first!, second!, third!]) assert.match(area, port);
    assert.deepEqual(verdict, { area: 'RDMA', findings: [] });
  });

  it('says which netmtu the own port carries', async () => {
    const verdict = (await examine('5000')).at(-1);
    assert.deepEqual(
      verdict?.findings.map(({ what }) => what),
      ['totem.netmtu is 5000, and rxe1 port 1 carries 4096 bytes: the daemon will not start.'],
    );
  });
});
