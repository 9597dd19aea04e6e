/** One thing that every plugin of a kind has to do, as a test for whatever runs an author's tests. */
export interface Demand {
  readonly title: string;
  /** Rejects if the plugin does not do it. */
  run(): Promise<void>;
}
