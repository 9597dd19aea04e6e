/** The templates stand at the root of the repository; a packed package has them inside. */
import { cpSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const packed = fileURLToPath(new URL('../templates', import.meta.url));
const templates = fileURLToPath(new URL('../../../templates', import.meta.url));

rmSync(packed, { recursive: true, force: true });
if (process.argv[2] !== '--remove') cpSync(templates, packed, { recursive: true });
