/**
 * Runs the files with a failed test once more, alone, and puts what they report into the report that is given: a test
 * that needs more time than a loaded machine gave it passes then, and one that found a fault fails again. What failed
 * only at first is named, since it is unsteady and wants to be mended.
 *
 *     node .ci/run-again.mjs REPORT.json
 *
 * Exits with 0 if every test has passed in the end. Where many files failed, the fault is no accident: nothing is run.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { countTests, failedTests, readReport } from './report.mjs';

const MOST_FILES = 12;

const [path] = process.argv.slice(2);
const first = readReport(path);
const failedBefore = failedTests(first);
const files = [...new Set(failedBefore.map(({ file }) => file))];
if (files.length === 0 || files.length > MOST_FILES) process.exit(1);

const again = `${path}.again`;
console.log(`== once more, alone: ${files.map((file) => relative(process.cwd(), file)).join(' ')}`);
const arguments_ = ['--reporter=default', '--reporter=json', `--outputFile.json=${again}`];
spawnSync('npm', ['test', '--', ...arguments_, ...files], { stdio: 'inherit' });
if (!existsSync(again)) process.exit(1);

const second = JSON.parse(readFileSync(again, 'utf8'));
const merged = {
  testResults: [...first.testResults.filter(({ name }) => !files.includes(name)), ...second.testResults],
};
const stillFailed = new Set(failedTests(merged).map(({ test }) => test));
merged.unsteady = failedBefore.filter(({ test }) => !stillFailed.has(test));
writeFileSync(path, JSON.stringify(merged));
process.exitCode = countTests(merged).failed > 0 ? 1 : 0;
