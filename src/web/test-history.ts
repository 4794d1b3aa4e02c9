import type { Failure } from '../failures/failure.js';
import type { PastRun } from '../stages/history.js';

/*
 * How each test fared, by what runs keep of their failures: a test that is not among them passed, if its stage ran and kept all that failed.
 */

/** How a test fared in one run. */
export type Fared = 'passed' | 'failed' | 'unknown';

export interface TestedRun {
  readonly run: PastRun;
  /** Of its stages. */
  readonly failures: readonly Failure[];
}

export interface TestRow {
  readonly stage: string;
  readonly test: string;
  /** In the order of the runs. */
  readonly fared: readonly Fared[];
  readonly failures: number;
  /** It passed and failed on the same source, or went to and fro more than once. */
  readonly isFlaky: boolean;
}

/** A row for each test that failed in one of the runs, the one that failed last first. @param tested oldest first */
export function testRows(tested: readonly TestedRun[]): TestRow[] {
  const names = new Map<string, { stage: string; test: string; last: number }>();
  for (const [index, { failures }] of tested.entries()) {
    for (const { stage, tests } of failures) {
      for (const { name } of tests.first) names.set(`${stage}\0${name}`, { stage, test: name, last: index });
    }
  }
  return [...names.values()]
    .sort((a, b) => b.last - a.last)
    .map(({ stage, test }) => {
      const fared = tested.map((each) => faredIn(each, stage, test));
      const failures = fared.filter((each) => each === 'failed').length;
      return { stage, test, fared, failures, isFlaky: isFlaky(tested, fared) };
    });
}

function faredIn({ run, failures }: TestedRun, stage: string, test: string): Fared {
  const outcome = run.stages?.find(({ name }) => name === stage)?.outcome;
  if (outcome === undefined) return 'unknown';
  if (outcome === 'passed') return 'passed';
  const tests = failures.find((failure) => failure.stage === stage)?.tests;
  if (tests === undefined || tests.failed === 0) return 'unknown';
  if (tests.first.some(({ name }) => name === test)) return 'failed';
  return tests.failed > tests.first.length ? 'unknown' : 'passed';
}

function isFlaky(tested: readonly TestedRun[], fared: readonly Fared[]): boolean {
  const known = fared.flatMap((each, index) =>
    each === 'unknown' ? [] : [{ failed: each === 'failed', revision: tested[index]?.run.update?.revision }],
  );
  const changes = known.filter(({ failed }, index) => index > 0 && failed !== known[index - 1]?.failed).length;
  const onSameSource = known.some(
    ({ failed, revision }, index) =>
      index > 0 &&
      revision !== undefined &&
      failed !== known[index - 1]?.failed &&
      revision === known[index - 1]?.revision,
  );
  return onSameSource || changes > 2;
}
