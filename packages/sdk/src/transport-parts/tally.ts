/**
 * Counters in one array, by the place of their names in a list: an addon can count into the same memory. New names go to
 * the end of the list, where the addon does not look.
 */
export class Tally<Name extends string> {
  readonly values: Float64Array;
  private readonly places: ReadonlyMap<Name, number>;

  constructor(names: readonly Name[]) {
    this.values = new Float64Array(names.length);
    this.places = new Map(names.map((name, place) => [name, place]));
  }

  add(name: Name, amount = 1): void {
    this.values[this.places.get(name)!]! += amount;
  }

  get(name: Name): number {
    return this.values[this.places.get(name)!]!;
  }

  /** As `Transport.counters` returns it. */
  snapshot(): ReadonlyMap<string, number> {
    return new Map([...this.places].map(([name, place]) => [name, this.values[place]!]));
  }
}
