/** An IP address in one spelling only, so that equal addresses compare equal. */
export interface IpAddress {
  readonly family: 4 | 6;
  readonly text: string;
  /** IPv4: the address as a u32, most significant byte first; else undefined. */
  readonly number: number | undefined;
}

/** Undefined for anything that is no IPv4 or IPv6 address, such as a host name. */
export function parseAddress(text: string): IpAddress | undefined {
  const number = parseIpv4(text);
  if (number !== undefined) return { family: 4, text, number };
  const groups = parseIpv6(text);
  if (groups === undefined) return undefined;
  return { family: 6, text: groups.map((group) => group.toString(16)).join(':'), number: undefined };
}

function parseIpv4(text: string): number | undefined {
  const parts = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text)?.slice(1);
  if (parts === undefined || parts.some((part) => Number(part) > 255 || /^0\d/.test(part))) return undefined;
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0);
}

/** The eight 16-bit groups. */
function parseIpv6(text: string): number[] | undefined {
  const withoutZone = text.replace(/%.*$/, '');
  const halves = expandIpv4Tail(withoutZone).split('::');
  if (halves.length > 2 || !withoutZone.includes(':')) return undefined;
  const [head = [], tail = []] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  const groups = [...head, ...Array<string>(missing).fill('0'), ...tail];
  return groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))
    ? groups.map((group) => parseInt(group, 16))
    : undefined;
}

/** `::ffff:10.0.0.1` ends in an IPv4 address: two groups. */
function expandIpv4Tail(text: string): string {
  const colon = text.lastIndexOf(':');
  const number = parseIpv4(text.slice(colon + 1));
  if (number === undefined) return text;
  const high = Math.floor(number / 0x1_0000).toString(16);
  return `${text.slice(0, colon + 1)}${high}:${(number % 0x1_0000).toString(16)}`;
}
