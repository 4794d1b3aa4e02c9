import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { readJUnit } from '../../src/reports/junit.js';
import { type TestRun, writeTestXml } from '../../src/reports/test-xml.js';
import { readXml } from '../../src/xml/events.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'stagelock-test-xml-'));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const HEAD = { generator: 'g', site: 's', build: 'b', buildstamp: '20261127-0100-Nightly', machine: [] };
const STAGE = { started: 0, ended: 60_000, command: 'make check' };

const run = (name: string, output = ''): TestRun => ({
  name,
  path: '',
  status: 'passed',
  seconds: 0,
  command: '',
  completion: 'Completed',
  exitCode: undefined,
  output,
});

/** The names in the list of a report, and those of the tests that it has more to say of. */
function namesIn(file: string): { readonly list: string[]; readonly details: string[] } {
  const [list, details]: [string[], string[]] = [[], []];
  readXml(readFileSync(file), {
    close: (name, text) => {
      if (name === 'Test' && text.startsWith('./')) list.push(text);
      if (name === 'FullName') details.push(text);
    },
  });
  return { list, details };
}

const junit = (count: number, output: string): string =>
  `<testsuite>${Array.from({ length: count }, (_, i) => `<testcase name="t${i}"><system-out>${output}</system-out></testcase>`).join('')}</testsuite>`;

test('a report of tests whose outputs are longer than any string can be is written', async () => {
  const file = join(root, 'Test.xml');
  const output = 'x'.repeat(64 * 1024);
  // 600 MB: more than 2 ** 29 characters, the longest string of node.
  await writeTestXml(file, { head: HEAD, stage: STAGE }, async (tests) => {
    for (let i = 0; i < 9600; i++) tests.add(run(`t${i}`, output));
  });
  expect(statSync(file).size).toBeGreaterThan(2 ** 29);
  expect(readdirSync(root)).toEqual(['Test.xml']);
});

test('what is more than a report holds is left out, with a remark', async () => {
  const file = join(root, 'Test.xml');
  await writeTestXml(file, { head: HEAD, stage: STAGE, mostOutput: 100 }, async (tests) => {
    for (let i = 0; i < 4; i++) tests.add(run(`t${i}`, 'x'.repeat(40)));
  });
  const text = readFileSync(file, 'utf8');
  expect(text.match(/x{40}/g)).toHaveLength(2);
  expect(text.match(/left out: the outputs/g)).toHaveLength(2);
  expect(namesIn(file)).toEqual({ list: ['./t0', './t1', './t2', './t3'], details: ['./t0', './t1', './t2', './t3'] });
});

test('of a file that turns out not to be XML after many tests, none is reported', async () => {
  const [good, bad, file] = ['good.xml', 'bad.xml', 'Test.xml'].map((name) => join(root, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(good, junit(1, ''));
  writeFileSync(bad, `${junit(5000, 'x'.repeat(100))}<`);
  const problems: unknown[] = [];
  await writeTestXml(file, { head: HEAD, stage: STAGE }, async (tests) => {
    for (const each of [bad, good]) problems.push((await tests.addAllOrNone((add) => readJUnit(each, add))).error);
    expect(tests.counts).toEqual({ all: 1, failed: 0 });
  });
  expect(problems).toEqual([expect.any(Error), undefined]);
  expect(namesIn(file)).toEqual({ list: ['./t0'], details: ['./t0'] });
});

test('one that cannot be written leaves the old one', async () => {
  const file = join(root, 'Test.xml');
  writeFileSync(file, 'old');
  const failing = writeTestXml(file, { head: HEAD, stage: STAGE }, async (tests) => {
    tests.add(run('t'));
    throw new Error('no space');
  });
  await expect(failing).rejects.toThrow('no space');
  expect(readFileSync(file, 'utf8')).toBe('old');
  expect(readdirSync(root)).toEqual(['Test.xml']);
});
