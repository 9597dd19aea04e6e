import { dirname, join, normalize } from 'node:path';
import type { PackageFiles } from '../../dist/plugins/plugin-package.js';

export type Json = Record<string, unknown>;

/** Files and symlinks in memory, by absolute path; a JSON object stands for its text. */
export function fakeFiles(
  tree: Record<string, string | Json>,
  links: Record<string, string> = {},
): PackageFiles {
  const follow = (path: string): string => {
    for (let hops = 0; hops < 10; hops++) {
      const link = Object.keys(links).find((from) => path === from || path.startsWith(`${from}/`));
      if (link === undefined) break;
      path = normalize(`${links[link]}${path.slice(link.length)}`);
    }
    return path;
  };
  const folders = new Set<string>();
  for (const path of Object.keys(tree)) {
    for (let folder = dirname(path); folder !== '/'; folder = dirname(folder)) folders.add(folder);
  }
  return {
    readFile: (path) => {
      const found = tree[follow(path)];
      return found === undefined || typeof found === 'string' ? found : JSON.stringify(found);
    },
    realpath: (path) => {
      const real = follow(path);
      return real in tree || folders.has(real) ? real : undefined;
    },
  };
}

export const sdk = { version: '1.2.3', directory: '/app/node_modules/@coterie/sdk' };

export function manifest(more: Json = {}): Json {
  return {
    manifest: 1,
    kind: 'engine',
    name: 'counter',
    entry: './dist/plugin.js',
    sdk: '^1.0.0',
    service: { number: 1027 },
    ...more,
  };
}

/** A project in /app with the daemon's SDK and these plugins, by package name: their manifests. */
export function project(
  plugins: Record<string, Json | undefined>,
  more: Record<string, string | Json> = {},
): Record<string, string | Json> {
  const tree: Record<string, string | Json> = {
    '/app/package.json': {
      name: 'app',
      dependencies: Object.fromEntries(['@coterie/core', ...Object.keys(plugins)].map((name) => [name, '*'])),
    },
    '/app/node_modules/@coterie/core/package.json': { name: '@coterie/core' },
    [join(sdk.directory, 'package.json')]: { name: '@coterie/sdk', version: sdk.version },
  };
  for (const [name, coterie] of Object.entries(plugins)) {
    tree[`/app/node_modules/${name}/package.json`] = { name, version: '1.0.0', exports: {}, coterie };
    tree[`/app/node_modules/${name}/dist/plugin.js`] = '';
  }
  return { ...tree, ...more };
}
