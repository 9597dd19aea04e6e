/**
 * To be loaded into a daemon by NODE_OPTIONS: on SIGURG it collects its garbage, and writes the bytes that its heap has
 * then to the file named after its pid in the folder COTERIE_HEAPS.
 */
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

process.on('SIGURG', () => {
  // What only a finalizer of the first collection lets go is gone after the second.
  collect();
  collect();
  const { heapUsed, external } = process.memoryUsage();
  const file = join(process.env.COTERIE_HEAPS!, `${process.pid}`);
  writeFileSync(`${file}.new`, `${heapUsed + external}`);
  renameSync(`${file}.new`, file);
});
