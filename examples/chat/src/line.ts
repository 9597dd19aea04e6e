import type { Infer } from '@coterie/sdk';
import { json } from '@coterie/sdk/json';

/** No control characters: what others say goes to a terminal. */
const words = (longest: number): object => ({ type: 'string', maxLength: longest, pattern: '^\\P{Cc}*$' });

/** What somebody says. Any program may join the group, so what comes is checked. */
export const Line = json<{ readonly name: string; readonly text: string }>({
  type: 'object',
  properties: { name: words(40), text: words(2000) },
  required: ['name', 'text'],
});
export type Line = Infer<typeof Line>;

export function encode(line: Line): Uint8Array {
  const bytes = new Uint8Array(Line.size(line));
  Line.encode(line, new DataView(bytes.buffer), 0);
  return bytes;
}

/** Undefined for what is no line. */
export function decode(bytes: Uint8Array): Line | undefined {
  const decoded = Line.decode(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), 0, bytes.length);
  return decoded.ok ? decoded.value : undefined;
}
