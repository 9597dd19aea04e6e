/** A bug that is not in the product: a change of one built file, made while a test process loads it. */
export interface PlantedBug {
  readonly name: string;
  /** What is wrong with it, for people. */
  readonly what: string;
  /** A bug that corosync had and fixed: its row in the table of known bugs. */
  readonly row?: string;
  /** The built file, below packages/. */
  readonly file: string;
  /** Stands exactly once in the file. */
  readonly find: string;
  readonly replace: string;
}

/** A bug that random schedules do not find. */
export interface MissedBug extends PlantedBug {
  /** Why they do not, for people. */
  readonly why: string;
  /** The suite and the title of the test that finds it. */
  readonly finder: { readonly file: string; readonly test: string };
}
