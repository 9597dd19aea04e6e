import { styleText } from 'node:util';

/** Colour, where a person looks at a terminal that shows it. */
const coloured = process.stdout.isTTY && process.stderr.isTTY && !process.env['NO_COLOR'];

type Style = Parameters<typeof styleText>[0];

function painter(style: Style): (text: string) => string {
  return coloured ? (text) => styleText(style, text) : (text) => text;
}

export const paint = {
  good: painter('green'),
  bad: painter('red'),
  warn: painter('yellow'),
  title: painter('bold'),
  quiet: painter('gray'),
};

/** Lines of cells, each column as wide as its widest cell. The last column is not padded. */
export function columns(rows: readonly (readonly string[])[], indent = '  '): string[] {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, cell.length)));
  return rows.map((row) => {
    const cells = row.map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0)));
    return `${indent}${cells.join('  ')}`.trimEnd();
  });
}

/** Names and messages of others may have any characters: none of them is to reach the terminal as a command. */
export function printable(text: string): string {
  return text.replace(
    /[\u0000-\u001f\u007f-\u009f]/g,
    (char) => `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`,
  );
}
