import assert from 'node:assert/strict';
import fc from 'fast-check';
import { parseCorosyncConf, type Section } from '../../dist/config/corosync-conf.js';

const parse = (text: string) => {
  const { root, problems } = parseCorosyncConf({ file: 'test.conf', text });
  return { root, problems: problems.list };
};

/** The tree as nested arrays: [name, ...items], entries as `key=value`. */
type Shape = string | Shape[];
function shape(section: Section): Shape[] {
  return [
    section.name,
    ...section.items.map((item) => (item.kind === 'entry' ? `${item.key}=${item.value}` : shape(item))),
  ];
}

describe('parseCorosyncConf', () => {
  it('reads sections, settings and comments and keeps their lines', () => {
    const { root, problems } = parse(
      '# first\n\ntotem {\n\tversion: 2\n  interface{\nmcastport:5405\r\n  }\n}\n',
    );
    assert.deepEqual(problems, []);
    assert.deepEqual(shape(root), ['', ['totem', 'version=2', ['interface', 'mcastport=5405']]]);
    const [totem] = root.items as [Section];
    assert.deepEqual([totem.line, totem.items[0]?.line, totem.items[1]?.line], [3, 4, 5]);
  });

  it('has no trailing comments, and keeps colons and closing braces in values', () => {
    const { root, problems } = parse('a {\nfoo: 2 # c\nbar: a:b}\nbaz:\n}');
    assert.deepEqual(problems, []);
    assert.deepEqual(shape(root), ['', ['a', 'foo=2 # c', 'bar=a:b}', 'baz=']]);
  });

  it('takes blanks, tabs and colons off a section name', () => {
    assert.deepEqual(shape(parse('\t totem : {\n}').root), ['', ['totem']]);
  });

  it('reports every error with its line and goes on', () => {
    const text = [
      '\u00a0totem {',
      '}}',
      '}',
      'foo',
      '{',
      'a b: c',
      'k\0: v',
      'x: '.padEnd(511, 'y'),
      'sec { more',
      ': value',
      'f}',
      'ok: 1',
    ].join('\n');
    const { problems } = parse(text);
    assert.deepEqual(
      problems.map(({ line }) => line),
      [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12],
    );
    assert.ok(problems.every(({ code, file }) => code === 'COTERIE_E_CONFIG_SYNTAX' && file === 'test.conf'));
    assert.match(problems[0]?.message ?? '', /U\+00A0/);
    assert.match(problems[6]?.message ?? '', /NUL/);
    assert.match(problems[7]?.message ?? '', /511 bytes/);
    assert.match(problems[11]?.message ?? '', /closing brace of " \{" in line 5 is missing/);
  });

  it('counts bytes, not characters, of a line', () => {
    assert.equal(parse(`a: ${'x'.repeat(507)}`).problems.length, 0);
    assert.equal(parse(`a: ${'x'.repeat(508)}`).problems.length, 1);
    assert.equal(parse(`a: ${'ä'.repeat(254)}`).problems.length, 1);
  });

  it('limits the length of a path as corosync does', () => {
    const outer = 'a'.repeat(200);
    assert.equal(parse(`${outer} {\n${'k'.repeat(53)}: v\n}`).problems.length, 0);
    assert.equal(parse(`${outer} {\n${'k'.repeat(54)}: v\n}`).problems.length, 1);
  });

  it('survives deep nesting', () => {
    const depth = 20_000;
    const { problems } = parse('s {\n'.repeat(depth) + '}\n'.repeat(depth));
    assert.ok(problems.length > 0);
    assert.match(problems[0]?.message ?? '', /too long/);
  });

  it('never throws, and names a line of the file for every problem', () => {
    const piece = fc.constantFrom(
      '{',
      '}',
      ':',
      '#',
      '\n',
      '\r\n',
      ' ',
      '\t',
      '\0',
      '\u00a0',
      'totem',
      'a',
      '.',
      '😀',
    );
    const text = fc.oneof(
      fc.array(piece, { maxLength: 60 }).map((parts) => parts.join('')),
      fc.string(),
    );
    fc.assert(
      fc.property(text, (hostile) => {
        const lines = hostile.split('\n').length;
        for (const { line } of parse(hostile).problems) assert.ok(line >= 1 && line <= lines);
      }),
      { numRuns: 500 },
    );
  });

  it('reads back what it would be written as', () => {
    const word = fc.stringMatching(/^[A-Za-z0-9_.-]{1,12}$/);
    const phrase = fc.stringMatching(/^[A-Za-z0-9:}#]([ A-Za-z0-9:}#]{0,18}[A-Za-z0-9:}#])?$/);
    const entry = fc.tuple(word, phrase).map(([key, text]) => ({ key, text }));
    fc.assert(
      fc.property(
        fc.array(fc.tuple(word, fc.array(entry, { maxLength: 5 })), { maxLength: 5 }),
        (sections) => {
          const text = sections
            .map(
              ([name, entries]) => `${name} {\n${entries.map((e) => ` ${e.key}: ${e.text}\n`).join('')}}\n`,
            )
            .join('');
          const wanted = sections.map(([name, entries]) => [
            name,
            ...entries.map((e) => `${e.key}=${e.text}`),
          ]);
          const { root, problems } = parse(text);
          assert.deepEqual(problems, []);
          assert.deepEqual(shape(root), ['', ...wanted]);
        },
      ),
      { numRuns: 200 },
    );
  });
});
