/** Finds a bug again: it holds on the product and breaks with the bug planted. */
export interface Scenario {
  readonly name: string;
  /** What breaks with the bug planted. */
  readonly property: string;
  /** Names of bugs of test/planted/bugs, each of which it finds. */
  readonly finds: readonly string[];
  /** Throws an AssertionError where the property does not hold. */
  run(): void | Promise<void>;
}

/** As {@link Scenario}, in a suite of the project that was there for other reasons, too. */
export interface SuiteTest {
  /** The source of the suite, below the root. */
  readonly file: string;
  /** Title of the test, without those of its suites. */
  readonly test: string;
  readonly property: string;
  readonly finds: readonly string[];
}

/** A bug that corosync, libqb or kronosnet had and fixed. */
export interface KnownBug {
  /** `A1` to `J5` as the catalogue numbers them; bugs beside its rows go by their commit. */
  readonly row: string;
  /** What went wrong. */
  readonly symptom: string;
  readonly scenarios?: readonly Scenario[];
  readonly tests?: readonly SuiteTest[];
  /** Why there is no test, or where it is not what the catalogue asks for. */
  readonly remark?: string;
}
