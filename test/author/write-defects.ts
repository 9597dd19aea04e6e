import { writeFileSync } from 'node:fs';
import { PAGE, page, tryAll } from './defects-page.js';

writeFileSync(PAGE, page(await tryAll()));
