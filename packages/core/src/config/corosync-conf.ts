import type { SourceFile } from './configuration.js';
import { Problems } from './problems.js';
import { shown } from './text.js';

export interface Entry {
  readonly kind: 'entry';
  readonly key: string;
  readonly value: string;
  /** From 1. */
  readonly line: number;
}

export interface Section {
  readonly kind: 'section';
  readonly name: string;
  /** Of the opening brace, from 1; 0 for the file itself. */
  readonly line: number;
  /** Entries and sections as they follow each other in the file. */
  readonly items: (Entry | Section)[];
}

/** A line of corosync.conf has fewer bytes than this (the buffer of parse_section in coroparse.c). */
const LINE_LIMIT = 511;
/** A key with its path has fewer characters than this (ICMAP_KEYNAME_MAXLEN). */
const PATH_LIMIT = 255;

/**
 * Reads the grammar of corosync's parse_section (coroparse.c) and goes on behind every error, so that one run
 * reports all of them. Never throws, whatever the text. Where corosync finds out only when it stores a key
 * (empty names, characters no database key has), this says so at once.
 */
export function parseCorosyncConf(source: SourceFile): { root: Section; problems: Problems } {
  const parser = new Parser(new Problems(source.file));
  const lines = source.text.split('\n');
  if (lines.at(-1) === '') lines.pop();
  lines.forEach((line, index) => parser.line(line, index + 1));
  return { root: parser.end(lines.length), problems: parser.problems };
}

interface Open {
  readonly section: Section;
  /** Characters of the section's path. */
  readonly path: number;
}

class Parser {
  private readonly root: Section = { kind: 'section', name: '', line: 0, items: [] };
  private readonly open: Open[] = [{ section: this.root, path: 0 }];

  constructor(readonly problems: Problems) {}

  line(raw: string, line: number): void {
    if (raw.length * 3 >= LINE_LIMIT && Buffer.byteLength(raw) >= LINE_LIMIT) {
      this.syntax(
        line,
        `the line has ${Buffer.byteLength(raw)} bytes; at most ${LINE_LIMIT - 1} are allowed`,
      );
      return;
    }
    const text = trimBlanks(raw.endsWith('\r') ? raw.slice(0, -1) : raw);
    if (text === '' || text.startsWith('#')) return;
    if (text.includes('\0')) {
      this.syntax(line, 'the line contains a NUL character');
      return;
    }
    const brace = text.indexOf('{');
    const colon = text.indexOf(':');
    if (brace >= 0) this.sectionStart(text, brace, line);
    else if (colon >= 0) this.entry(text, colon, line);
    else if (text.includes('}')) this.sectionEnd(text, line);
    else this.syntax(line, `${shown(text)} is neither "section {" nor "key: value" nor "}"`);
  }

  /** @param last number of the last line */
  end(last: number): Section {
    for (const { section } of this.open.slice(1)) {
      this.syntax(last, `the closing brace of "${section.name} {" in line ${section.line} is missing`);
    }
    return this.root;
  }

  private sectionStart(text: string, brace: number, line: number): void {
    const name = text.slice(0, brace).replace(/[ \t:]+$/, '');
    const behind = trimBlanks(text.slice(brace + 1));
    if (behind !== '') this.syntax(line, `there is ${shown(behind)} behind the opening brace`);
    if (name === '') this.syntax(line, 'there is no section name before the opening brace');
    const path = this.check(name, line);
    const section: Section = { kind: 'section', name, line, items: [] };
    this.innermost.section.items.push(section);
    this.open.push({ section, path });
  }

  private entry(text: string, colon: number, line: number): void {
    const key = trimBlanks(text.slice(0, colon));
    const value = trimBlanks(text.slice(colon + 1));
    if (key === '') {
      this.syntax(line, 'there is no key before the colon');
      return;
    }
    this.check(key, line);
    this.innermost.section.items.push({ kind: 'entry', key, value, line });
  }

  private sectionEnd(text: string, line: number): void {
    if (text !== '}') this.syntax(line, `there is more than the closing brace: ${shown(text)}`);
    if (this.open.length > 1) this.open.pop();
    else this.syntax(line, 'a closing brace without an opening one');
  }

  /** Reports what no database key can have; returns the length of the name's whole path. */
  private check(name: string, line: number): number {
    const outer = this.innermost.path;
    if (outer + name.length + 1 >= PATH_LIMIT) {
      this.syntax(line, `the path of ${shown(name)} is too long: ${PATH_LIMIT - 2} characters are allowed`);
    }
    const bad = /[^A-Za-z0-9._\-/:]/u.exec(name);
    if (bad) {
      const code = (bad[0].codePointAt(0) as number).toString(16).toUpperCase().padStart(4, '0');
      const what = /[\x21-\x7e]/.test(bad[0]) ? `"${bad[0]}"` : `U+${code}`;
      this.syntax(line, `${shown(name)} contains ${what}; names have only A-Z a-z 0-9 . _ - / :`);
    }
    return outer === 0 ? name.length : outer + 1 + name.length;
  }

  private get innermost(): Open {
    return this.open.at(-1) as Open;
  }

  private syntax(line: number, message: string): void {
    this.problems.error('COTERIE_E_CONFIG_SYNTAX', line, message);
  }
}

/** Without blanks and tabs at both ends: no other white space is blank in corosync.conf. */
function trimBlanks(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && isBlank(text.charCodeAt(from))) from++;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
