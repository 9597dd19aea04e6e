import type { Prng } from '@coterie/testkit';

/** Numbers that counts, lengths and sequences do not get over well. */
const EDGES = [0, 1, 2, 3, 0x1e, 0x1f, 0x7f, 0x80, 0xff, 0x100, 0x180, 0x181, 0x7fff, 0xffff].concat([
  0x1_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff,
]);
/** Where the fields of most packets and requests stand; what is behind is mostly somebody's text. */
const HEAD = 160;
const LINE_FEED = 0x0a;

export interface Material {
  /** Sound inputs; at least one. */
  readonly seeds: readonly Uint8Array[];
  /** Where numbers of 4 bytes stand in this input; they are changed more often than other bytes. */
  fields?(input: Uint8Array): readonly number[];
  /** What stands in such inputs: words of a language, names. */
  readonly words?: readonly Uint8Array[];
  /** Numbers that mean something: ids of nodes, say. */
  readonly numbers?: readonly number[];
}

/** Makes inputs that something near a sound one might have become, and plain noise now and then. */
export class Mutator {
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private length = 0;

  /** @param largest bytes of an input @param head bytes in front of it that the caller fills in */
  constructor(
    private readonly largest = 9000,
    private readonly head = 0,
  ) {
    this.bytes = new Uint8Array(head + largest);
    this.view = new DataView(this.bytes.buffer, head);
  }

  /** The next input, with `head` in front; valid until the next call. */
  next(random: Prng, material: Material, head?: Uint8Array): Uint8Array {
    this.start(random.pick(material.seeds));
    const way = random.below(16);
    if (way === 0) this.noise(random);
    else if (way === 1) this.length = random.below(this.length + 1);
    else if (way === 2) this.extend(random);
    else if (way === 3) this.splice(random, random.pick(material.seeds));
    else if (way === 4) this.swapByteOrder();
    if (way > 2) for (let left = random.below(4); left >= 0; left--) this.change(random, material);
    if (head !== undefined) this.bytes.set(head.subarray(0, this.head));
    return this.bytes.subarray(0, this.head + this.length);
  }

  /** The seed itself, to be changed by the caller; valid until the next call. */
  copy(seed: Uint8Array): Uint8Array {
    this.start(seed);
    return this.bytes.subarray(this.head, this.head + this.length);
  }

  private start(seed: Uint8Array): void {
    this.length = Math.min(seed.length, this.largest);
    this.bytes.set(seed.length > this.largest ? seed.subarray(0, this.largest) : seed, this.head);
  }

  private noise(random: Prng): void {
    this.length = random.below(random.chance(0.1) ? this.largest : Math.min(this.largest, 200));
    this.fill(random, 0, this.length);
  }

  private extend(random: Prng): void {
    const end = Math.min(this.largest, this.length + random.below(random.chance(0.1) ? 1600 : 64));
    this.fill(random, this.length, end);
    this.length = end;
  }

  private fill(random: Prng, from: number, to: number): void {
    let at = from;
    for (; at + 4 <= to; at += 4) this.view.setUint32(at, random.below(2 ** 32));
    for (; at < to; at++) this.view.setUint8(at, random.below(256));
  }

  private splice(random: Prng, other: Uint8Array): void {
    const cut = random.below(this.length + 1);
    const tail = other.subarray(Math.min(cut, other.length), this.largest);
    this.bytes.set(tail, this.head + cut);
    this.length = cut + tail.length;
  }

  /** As a sender of the other byte order has it, roughly: the magic and every word behind the first five bytes. */
  private swapByteOrder(): void {
    if (this.length < 2) return;
    this.view.setUint16(0, this.view.getUint16(0, true));
    for (let at = 5; at + 4 <= Math.min(this.length, HEAD); at += 4)
      this.view.setUint32(at, this.view.getUint32(at, true));
  }

  private change(random: Prng, { fields, words, numbers }: Material): void {
    if (words !== undefined && words.length > 0 && random.chance(0.5)) return this.write(random, words);
    const known = fields?.(this.bytes.subarray(this.head, this.head + this.length)) ?? [];
    if (known.length > 0 && random.chance(0.6)) return this.number(random, random.pick(known), numbers);
    const way = random.below(8);
    if (way < 3) this.flip(random);
    else if (way < 5) this.number(random, this.place(random), numbers);
    else if (way === 5) this.half(random);
    else if (way === 6) this.repeat(random);
    else this.cut(random);
  }

  private place(random: Prng): number {
    return random.below(random.chance(0.25) ? this.length : Math.min(this.length, HEAD));
  }

  private flip(random: Prng): void {
    if (this.length === 0) return;
    const at = this.place(random);
    this.view.setUint8(at, this.view.getUint8(at) ^ (1 << random.below(8)));
  }

  private number(random: Prng, at: number, numbers: readonly number[] | undefined): void {
    if (at + 4 > this.length) return;
    const way = random.below(numbers === undefined ? 2 : 3);
    const old = this.view.getUint32(at, true);
    if (way === 0) this.view.setUint32(at, old + random.below(9) - 4, true);
    else this.view.setUint32(at, random.pick(way === 1 || numbers === undefined ? EDGES : numbers), true);
  }

  private half(random: Prng): void {
    if (this.length < 2) return;
    this.view.setUint16(random.below(this.length - 1), random.pick(EDGES), true);
  }

  private write(random: Prng, words: readonly Uint8Array[]): void {
    const word = random.pick(words);
    const at = random.chance(0.5) ? random.below(this.length + 1) : this.lineStart(random);
    const insert = random.chance(0.7);
    if (at + word.length > this.largest || (insert && this.length + word.length > this.largest)) return;
    if (insert) {
      this.bytes.copyWithin(this.head + at + word.length, this.head + at, this.head + this.length);
      this.length += word.length;
    }
    this.bytes.set(word, this.head + at);
    this.length = Math.max(this.length, at + word.length);
  }

  private lineStart(random: Prng): number {
    const before = this.bytes.lastIndexOf(LINE_FEED, this.head + random.below(this.length + 1));
    return Math.max(0, before + 1 - this.head);
  }

  /** Some bytes come again behind themselves, once or many times. */
  private repeat(random: Prng): void {
    const at = random.below(this.length + 1);
    const size = Math.min(this.length - at, 1 + random.below(64));
    const times = random.chance(0.1) ? random.below(100) : 1;
    const more = Math.min(size * times, this.largest - this.length);
    if (size === 0 || more <= 0) return;
    const end = this.head + at + size;
    this.bytes.copyWithin(end + more, end, this.head + this.length);
    for (let i = 0; i < more; i++) this.bytes[end + i] = this.bytes[end - size + (i % size)]!;
    this.length += more;
  }

  private cut(random: Prng): void {
    const at = random.below(this.length + 1);
    const size = Math.min(this.length - at, 1 + random.below(64));
    this.bytes.copyWithin(this.head + at, this.head + at + size, this.head + this.length);
    this.length -= size;
  }
}

/** Texts as inputs. */
export function texts(...all: readonly string[]): Uint8Array[] {
  return all.map((text) => Buffer.from(text));
}
