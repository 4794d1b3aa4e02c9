/**
 * The end of CI's output: the tests that failed, each with its reason, those that passed only when they were run
 * again, and alone on the last line "N passed, N failed, N skipped".
 *
 *     node .ci/result.mjs FAILED_STEPS REPORT.json...
 *
 * A failed step other than the tests counts as one failure more, so that the line cannot look green.
 */
import { relative } from 'node:path';
import { countTests, failedTests, readReport } from './report.mjs';

const [failedSteps, ...paths] = process.argv.slice(2);
const reports = paths.map(readReport);
const list = (what, tests) => {
  for (const { file, test, why } of tests)
    console.log(`${what}: ${relative(process.cwd(), file)}: ${test}\n    ${why}`);
};
list(
  'failed at first, passed alone',
  reports.flatMap((report) => report.unsteady ?? []),
);
list('failed', reports.flatMap(failedTests));
const counts = reports.map(countTests);
const sum = (what) => counts.reduce((total, count) => total + count[what], 0);
const otherSteps = Math.max(0, Number(failedSteps) - counts.filter(({ failed }) => failed > 0).length);
const failed = sum('failed') + otherSteps;
console.log(`${sum('passed')} passed, ${failed} failed, ${sum('skipped')} skipped`);
process.exitCode = failed > 0 ? 1 : 0;
