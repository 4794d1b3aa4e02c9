/** What came of a schedule. */

/** What must never happen, by the names under which the campaign counts it. */
export const FAILURES = [
  'overlap',
  'two runs at once',
  'mixed tree',
  'lost',
  'doubled',
  'needs a person after our own kills only',
  'needs a person after other accidents',
  'secondary does not run',
  'wrong tree',
  'unexplained file',
  'hang',
  'the campaign itself',
] as const;

export interface Failure {
  readonly kind: (typeof FAILURES)[number];
  readonly what: string;
}

export interface Outcome {
  readonly runs: number;
  /** How many signals hit whom, and the other accidents. */
  readonly accidents: ReadonlyMap<string, number>;
  readonly failures: readonly Failure[];
  readonly lastEvents: readonly string[];
  /** Where everything is that it left; only when asked for. */
  readonly kept?: string;
}
