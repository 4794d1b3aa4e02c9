import { expect, test } from 'vitest';
import { crontabBlock } from '../../src/scheduler/crontab-block.js';
import { emptyingLines } from '../../src/scheduler/emptied-logs.js';
import { load } from '../config/config.js';

const PROJECT = load(`
[project]
name = "Example"
[defaults]
source = "src"
[defaults.stages.build]
command = ["make"]
[builds.gcc]
directory = "gcc"
schedule = "*/10 * * * *"
[builds."gcc+debug"]
primary = "gcc"
directory = "debug"
`);
const ODD = { ...PROJECT, file: "/home/ann's 100%/stagelock.toml" };
const HERE = { program: ['/usr/bin/node', '/opt/x > y/stagelock.js'], path: '/usr/bin:/bin', user: 'ann' };

test.each([PROJECT, ODD])('the lines of version 0.2.0 are found in the block of $file', (project) => {
  const today = crontabBlock(project, HERE);
  expect(emptyingLines(today, project)).toEqual([]);
  const before = today.replaceAll(' >>', ' >');
  expect(emptyingLines(before, project)).toMatchObject([
    { build: 'gcc', isGenerated: true },
    { build: 'gcc+debug', isGenerated: true },
  ]);
  expect(emptyingLines(before.replaceAll('.log', '.log 2>&1'), project)).toHaveLength(2);
  expect(emptyingLines(before.replaceAll(' run ', ' run --mail '), project)).toHaveLength(2);
  expect(emptyingLines(before, project === ODD ? PROJECT : ODD)).toEqual([]);
});

const line = (end: string): string => `* * * * *  stagelock -c /etc/ci/stagelock.toml run ${end}\n`;

test.each([
  ['gcc > /var/log/gcc', '/var/log/gcc'],
  ['--quiet -v gcc 1>/var/log/gcc 2>&1', '/var/log/gcc'],
  ['gcc > "$HOME/a b"', '"$HOME/a b"'],
])('a line of a person that ends in "run %s" empties %s', (end, log) => {
  expect(emptyingLines(line(end), PROJECT)).toEqual([{ build: 'gcc', log, isGenerated: false }]);
});

test.each([
  'gcc',
  'gcc >> /var/log/gcc',
  'gcc >>/var/log/gcc 2>&1',
  'gcc > /dev/null',
  'gcc 2>/var/log/gcc',
  'gcc >&2',
  'other > /var/log/gcc',
])('a line that ends in "run %s" empties nothing of the project', (end) => {
  expect(emptyingLines(line(end), PROJECT)).toEqual([]);
  expect(emptyingLines(`# ${line('gcc > /var/log/gcc')}`, PROJECT)).toEqual([]);
});

test('marks that are not in order enclose no block', () => {
  const block = crontabBlock(PROJECT, HERE).replaceAll(' >>', ' >');
  const cut = block.replace(/^# end .*$/m, '');
  expect(emptyingLines(cut, PROJECT)).toMatchObject([{ isGenerated: false }, { isGenerated: false }]);
});
