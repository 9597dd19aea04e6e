import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { project } from '../interop/nodes.js';
import { Workshop } from './workshop.js';

/** As the generators have them. */
const compilerOptions = {
  ...{ target: 'ES2022', lib: ['ES2023', 'ESNext.Disposable'], module: 'NodeNext', strict: true },
  ...{ noUncheckedIndexedAccess: true, verbatimModuleSyntax: true, experimentalDecorators: true },
  ...{ types: ['node'], skipLibCheck: true, noEmit: true },
};

describe('docs/sdk.md', function () {
  this.timeout(60_000);

  it('has snippets that compile', () => {
    const workshop = new Workshop();
    try {
      const { folder } = workshop;
      const page = readFileSync(join(project, 'docs/sdk.md'), 'utf8');
      for (const [, path, block] of page.matchAll(/^```ts\n\/\/ (\S+)\n([^]*?)^```$/gm))
        writeFileSync(join(folder, path!), block!);
      writeFileSync(join(folder, 'package.json'), JSON.stringify({ type: 'module' }));
      writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['*.ts'] }));
      workshop.run(folder, 'tsc');
    } finally {
      workshop.remove();
    }
  });
});
