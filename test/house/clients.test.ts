import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describeWith, file, program } from '../needs.js';
import { text } from './sources.js';

const CONFDB = 'packages/engine-confdb/c/include/corosync/confdb.h';
const system = (name: string): string => `/usr/include/corosync/${name}.h`;

/** The program that has to call every function of a library, and those that its header declares. */
const suites: readonly [suite: string, header: string, prefix: string][] = [
  ['cfg-suite.c', system('cfg'), 'corosync_cfg'],
  ['cmap-suite.c', system('cmap'), 'cmap'],
  ['cpg-suite.c', system('cpg'), 'cpg'],
  ['quorum-suite.c', system('quorum'), 'quorum'],
  ['quorum-suite.c', system('votequorum'), 'votequorum'],
  ['sam-suite.c', system('sam'), 'sam'],
];

function declared(header: string, prefix: string): string[] {
  const code = header.replace(/\/\*[^]*?\*\//g, '');
  const names = code.match(new RegExp(`\\b${prefix}_\\w+(?=\\s*\\()`, 'g')) ?? [];
  // A callback's type is declared as (*NAME): it has no name before a bracket that opens.
  return [...new Set(names)];
}

function uncalled(suite: string, functions: readonly string[]): string[] {
  const source = text(`test/clients/${suite}`);
  return functions.filter((name) => !new RegExp(`\\b${name}\\s*\\(`).test(source));
}

describe('The programs of test/clients', () => {
  it('call every function of libconfdb', () => {
    const functions = declared(text(CONFDB), 'confdb');
    assert.ok(functions.length > 30, functions.join());
    assert.deepEqual(uncalled('confdb.c', functions), []);
  });
});

describeWith(
  suites.map(([, header]) => file(header)),
  "The programs of test/clients for corosync's libraries",
  () => {
    for (const [suite, header, prefix] of suites) {
      it(`call every function of lib${prefix}`, () => {
        const functions = declared(readFileSync(header, 'utf8'), prefix);
        assert.ok(functions.length >= 10, functions.join());
        assert.deepEqual(uncalled(suite, functions), []);
      });
    }
  },
);

const tools = ['corosync-cfgtool', 'corosync-cmapctl', 'corosync-cpgtool', 'corosync-quorumtool'];

/** Options in a text, those of one letter one by one. */
function options(said: string): string[] {
  const found = [...said.matchAll(/(?<![\w-])-(-[a-z]+|[A-Za-z]+)/g)].flatMap(([, name]) =>
    name!.startsWith('-') ? [`-${name}`] : [...name!].map((letter) => `-${letter}`),
  );
  return [...new Set(found)].sort();
}

describeWith(tools.map(program), "The test of corosync's tools", () => {
  const parts = text('test/interop/tools.test.ts').split(/(?=describe\('corosync-)/);

  for (const tool of tools) {
    it(`has every option of ${tool}`, () => {
      const { stdout, stderr } = spawnSync(tool, ['-h'], { encoding: 'utf8' });
      const offered = options(stdout + stderr);
      assert.ok(offered.includes('-h') && offered.length >= 4, offered.join(' '));
      const tried = options(parts.filter((part) => part.startsWith(`describe('${tool}`)).join(''));
      assert.deepEqual(
        offered.filter((option) => !tried.includes(option)),
        [],
      );
    });
  }
});
