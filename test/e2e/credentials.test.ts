import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfdbClient } from '@coterie/engine-confdb/client';
import { value } from '@coterie/sdk';
import { describeWith, program, root } from '../needs.js';
import { withRing } from './with-ring.js';

/** nobody */
const USER = 65_534;

/** What a program of that user is told that asks the daemon for its node id. */
function ask(runDir: string): Promise<string> {
  const client = fileURLToPath(import.meta.resolve('@coterie/engine-cfg/client'));
  const code = `
    const { CfgClient } = await import(${JSON.stringify(client)});
    try {
      const cfg = await CfgClient.connect({ runDir: ${JSON.stringify(runDir)} });
      console.log(await cfg.localNode());
    } catch (error) { console.log(error.message); }
    process.exit();`;
  const user = ['--reuid', `${USER}`, '--regid', `${USER}`, '--clear-groups'];
  return new Promise((resolve, reject) => {
    execFile(
      'setpriv',
      [...user, process.execPath, '--input-type=module', '-e', code],
      (error, stdout, stderr) => (error ? reject(new Error(stderr)) : resolve(stdout.trim())),
    );
  });
}

describeWith([root, program('setpriv')], 'a program of another user', () => {
  it('may use the stream socket once the configuration says so', async () => {
    await withRing({ nodes: 1 }, async (cluster) => {
      const { runDir } = cluster.node(1);
      for (let folder = runDir; folder.startsWith(cluster.folder); folder = dirname(folder))
        chmodSync(folder, 0o755);
      assert.match(await ask(runDir), /ACCESS/);
      await using database = await ConfdbClient.connect({ runDir });
      await database.set(`uidgid.uid.${USER}`, value.u8(1));
      assert.equal(await ask(runDir), '1');
      await database.set(`uidgid.uid.${USER}`, value.u8(0));
      assert.match(await ask(runDir), /ACCESS/);
    });
  }).timeout(60_000);
});
