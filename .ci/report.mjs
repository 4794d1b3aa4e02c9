/** What the JSON report of a test run says. */
import { existsSync, readFileSync } from 'node:fs';

/** The report at `path`; one without any test if the run did not get as far as writing it. */
export function readReport(path) {
  return existsSync(path)
    ? JSON.parse(readFileSync(path, 'utf8'))
    : { numPassedTests: 0, numFailedTests: 1, numPendingTests: 0 };
}

/** Each test that failed, with the first line of the reason; a file that could not be loaded counts as one. */
export function failedTests(report) {
  return (report.testResults ?? []).flatMap(({ name, status, message, assertionResults }) => {
    if (status === 'failed' && assertionResults.length === 0) {
      return [{ file: name, test: '(the whole file)', why: firstLine(message) }];
    }
    return assertionResults
      .filter((test) => test.status === 'failed')
      .map((test) => ({ file: name, test: test.fullName, why: firstLine(test.failureMessages?.[0]) }));
  });
}

/** How many tests passed, failed and were skipped. A report may give the numbers alone. */
export function countTests(report) {
  if (report.testResults === undefined) {
    return { passed: report.numPassedTests, failed: report.numFailedTests, skipped: report.numPendingTests };
  }
  const tests = report.testResults.flatMap(({ assertionResults }) => assertionResults);
  const having = (status) => tests.filter((test) => test.status === status).length;
  const passed = having('passed');
  return { passed, failed: failedTests(report).length, skipped: tests.length - passed - having('failed') };
}

function firstLine(text = '') {
  return text.split('\n')[0].slice(0, 300);
}
