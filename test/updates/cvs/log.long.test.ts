import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readLog, trueOnes } from '../../../src/updates/cvs/log.js';
import { temporaryDirectory } from '../repository.js';
import { environment, makeRepository, missingFor } from '../systems/repositories.js';

/** What rlog says of a file that has these messages, the oldest first. */
function logged(messages: readonly string[]): string[] {
  const root = temporaryDirectory();
  const repository = makeRepository('cvs', root);
  for (const [index, log] of messages.entries()) {
    repository.commit({ log, write: { 'a.c': `${index}\n`, 'b.c': `${index}\n` } });
  }
  const args = ['-d', join(root, 'store'), '-q', 'rlog', '-N', '--', 'module/b.c', 'module/a.c'];
  const revisions = readLog(execFileSync('cvs', args, { env: environment }));
  expect(revisions.map(({ file, revision }) => [file.slice(-6), revision])).toEqual(
    ['/b.c,v', '/a.c,v'].flatMap((file) => messages.map((_, index) => [file, `1.${messages.length - index}`])),
  );
  return revisions
    .slice(0, messages.length)
    .map(({ log }) => log)
    .reverse();
}

/** A revision as a person copies it out of a log. */
const pasted = (revision: string): string =>
  `----------------------------\nrevision ${revision}\ndate: 2026-11-24 09:58:36 +0000;  author: ann;  state: Exp;  lines: +1 -0;\nold`;
const END = '='.repeat(77);

describe.skipIf(missingFor('cvs').length > 0)('the log of a file', () => {
  test.each([
    ['a line of dashes', ['one', 'two\n----------------------------\nand more', 'three']],
    ['a revision that it has, too', ['one', 'two', `undo\n${pasted('1.1')}\nand more`, 'four']],
    ['its newest revision', ['one', `two\n${pasted('1.2')}\nand more`]],
    ['a revision of another file', ['one', 'two', `like\n${pasted('1.7')}\nand more`, `${pasted('1.9')}`]],
    ['a whole log', ['one', `see\n${pasted('1.3')}\n${pasted('1.1')}\n${END}\n\nand more`, 'three']],
    ['the end of one', ['one', `see\n${END}`, `${END}\n\nRCS file: elsewhere`]],
  ])('has all of a message with %s', { timeout: 30_000 }, (_what, messages) => {
    expect(logged(messages)).toEqual(messages.map((message) => `${message}\n`));
  });
});

test('of two revisions with one number the later one is of the file', () => {
  expect(trueOnes(['1.3', '1.1', '1.2', '1.1'], 3)).toEqual([0, 2, 3]);
  expect(trueOnes(['1.3', '1.2', '1.1', '1.2'], 3)).toEqual([0, 1, 2]);
  expect(trueOnes(['1.2', '1.1', '1.2.4.2', '1.2.4.1'], 4)).toEqual([0, 1, 2, 3]);
});

test('a file of many revisions, and a log of many files, are read in a moment', () => {
  const revisions = Array.from({ length: 20_000 }, (_, index) => `1.${20_000 - index}`);
  const numbers = [...revisions.slice(0, 9000), '1.5', ...revisions.slice(9000)];
  expect(trueOnes(numbers, 20_000)).toEqual(numbers.flatMap((_, index) => (index === 9000 ? [] : [index])));
  const ofFile = (index: number): string =>
    `RCS file: /r/m/f${index}.c,v\nhead: 1.1\ntotal revisions: 1;\tselected revisions: 1\ndescription:\n` +
    `----------------------------\nrevision 1.1\ndate: 2026-11-24 09:58:36 +0000;  author: ann;  state: Exp;\n` +
    `${'a line of a message\n'.repeat(20)}${END}\n\n`;
  const log = Buffer.from(Array.from({ length: 20_000 }, (_, index) => ofFile(index)).join(''));
  expect(readLog(log)).toHaveLength(20_000);
});
