import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

for (const path of ['native', 'dgram']) {
  describe(`a process with ${path} sockets`, () => {
    for (const [mode, title] of [
      ['close', 'ends by itself after they are closed'],
      ['worker', 'outlives a worker thread that held them open'],
    ] as const) {
      it(title, async () => {
        const program = fileURLToPath(new URL('lone-process.js', import.meta.url));
        const child = spawn(process.execPath, [program, mode], {
          env: { ...process.env, COTERIE_UDP_SOCKETS: path },
          stdio: ['ignore', 'inherit', 'inherit'],
          timeout: 25_000,
        });
        assert.deepEqual(await once(child, 'exit'), [0, null]);
      });
    }
  });
}
