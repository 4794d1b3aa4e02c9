import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Mail } from '../../src/config/project.js';
import type { Failure } from '../../src/failures/failure.js';
import { authorsOf } from '../../src/mail/authors.js';
import { type BreakageContext, type BreakageStep, type RunSummary, tellBreakage } from '../../src/mail/breakage.js';
import { LETTER, type Letter } from '../../src/mail/letter.js';
import { dropLetter, readSpool } from '../../src/mail/spool.js';
import { momentText } from '../../src/text/moment.js';
import type { Change, MergedUpdate } from '../../src/updates/record.js';
import { mailBy, smtp } from './correspondence.js';

let directory: string;
let spool: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'stagelock-breakage-'));
  spool = join(directory, 'mail');
});

afterEach(() => rmSync(directory, { recursive: true }));

const MAIL = mailBy(smtp(25), { authors: true, monitors: ['monitor@example.org'] });

function change(author: string, email: string, more: Partial<Change> = {}): Change {
  const committer = { committer: 'Committer', committerEmail: 'committer@example.org', committedDate: '' };
  const files = [{ path: 'src/a.c', status: 'modified' }] as const;
  const date = '2002-01-31T10:00:00+01:00';
  return { revision: 'r7', author, email, date, log: 'Fix the frobnicator\n\nAt last.', files, ...committer, ...more };
}

function update(...changes: Change[]): MergedUpdate {
  const times = { started: '2002-01-31T11:20:00Z', ended: '2002-01-31T11:20:30Z' };
  return { type: 'git', records: [1], prior: 'r6', revision: 'r7', ...times, changes, modified: [], conflicting: [] };
}

const ann = change('Ann', 'ann@example.org');
const bob = change('Bob', 'bob@example.org', { revision: 'r8' });

/** A stage that failed, of which nothing else is known. */
function failedStage(stage: string, logFile: string): Failure {
  const unknown = { errors: { count: 0, orMore: false, first: [] }, tests: { failed: 0, first: [] }, lastLines: [] };
  return { stage, end: 'failed with exit code 2', logFile, ...unknown };
}

/** The n-th run of a build. */
function run(number: number, result: RunSummary['result'], more: Partial<RunSummary> = {}): RunSummary {
  const minute = String(number).padStart(2, '0');
  const failures = result === 'failed' ? [failedStage('build', join(directory, 'LastBuild.log'))] : [];
  const stamp = `20020131-11${minute}-Continuous`;
  const ended = new Date(Date.UTC(2002, 0, 31, 11, number));
  return {
    build: 'gcc',
    run: `run-${number}`,
    stamp,
    result,
    update: update(ann),
    failures,
    ended,
    toSeeMore: 'stagelock log gcc --show',
    ...more,
  };
}

function context(more: Partial<BreakageContext> = {}): BreakageContext {
  const where = { project: 'demo', user: 'builder', host: 'host.example.org', mail: MAIL };
  return { spool, collectMs: 0, now: () => new Date('2002-01-31T12:00:00Z'), ...where, ...more };
}

const tell = (summary: RunSummary, mail: Mail = MAIL): Letter | undefined => tellBreakage(summary, context({ mail }));
const posted = (): Letter[] => readSpool(spool).letters.map(({ letter }) => letter);
const kinds = (): (string | undefined)[] => posted().map(({ marks }) => marks?.['Kind']);

describe('a build that breaks', () => {
  test('is told once to those who changed something, and once more to the same when it works again', () => {
    expect(tell(run(1, 'passed'))).toBeUndefined();
    const broken = tell(run(2, 'failed', { update: update(ann, bob) }));
    expect(tell(run(3, 'failed', { update: update(change('Eve', 'eve@example.org')) }))).toBeUndefined();
    const fixed = tell(run(4, 'passed', { update: update(change('Eve', 'eve@example.org')) }));
    expect(tell(run(5, 'passed'))).toBeUndefined();
    expect(posted()).toEqual([broken, fixed]);
    expect(posted().every((each) => LETTER.check(each))).toBe(true);
    expect(broken).toMatchObject({
      to: [
        { name: 'Ann', address: 'ann@example.org' },
        { name: 'Bob', address: 'bob@example.org' },
      ],
      cc: [{ address: 'monitor@example.org' }],
      subject: 'demo/gcc: build failed with exit code 2',
    });
    expect(fixed).toMatchObject({
      to: broken?.to,
      cc: broken?.cc,
      follows: broken?.id,
      subject: 'demo/gcc: works again',
    });
    expect(fixed?.text).toContain(
      `It was broken since 20020131-1102-Continuous (${momentText('2002-01-31T11:02:00Z')}).`,
    );
  });

  test('is told with what failed, the end of the log, and the changes', () => {
    writeFileSync(join(directory, 'LastBuild.log'), '\u001b[31ma.c:1: error: no\u001b[0m\n');
    const files = Array.from({ length: 12 }, (_, index) => ({ path: `f${index}.c`, status: 'added' as const }));
    const many = Array.from({ length: 35 }, (_, index) => change('Ann', 'ann@example.org', { revision: `r${index}` }));
    const letter = tell(run(1, 'failed', { update: update(...many, { ...bob, revision: 'f'.repeat(40), files }) }));
    expect(letter?.text).toContain(`The build gcc of demo on host.example.org is broken.
This mail goes to the authors of the changes below whose addresses are known, and to the monitors of this build.
There will be no other mail about it until it works again.

build failed with exit code 2. The end of ${join(directory, 'LastBuild.log')}:

a.c:1: error: no

36 changes were built:

[... 6 older changes left out]

r6  Ann <ann@example.org>  2002-01-31T10:00:00+01:00
    Fix the frobnicator
    M src/a.c

r7 `);
    expect(letter?.text).toMatch(
      /\nf{12} {2}Bob <bob@example.org>.*\n {4}Fix the frobnicator\n( {4}A f\d\.c\n){10} {4}\.\.\. and 2 more\n\nBuild: /,
    );
    expect(letter?.text).toContain(`
Build:       gcc
Project:     demo
Host:        host.example.org
Buildstamp:  20020131-1101-Continuous
Ended:       ${momentText('2002-01-31T11:01:00Z')}
Revision:    r6 to r7
To see more: stagelock log gcc --show
`);
  });

  test('is told to the monitors alone when no author can be, or they are too many', () => {
    expect(tell(run(1, 'failed', { update: undefined }))).toMatchObject({
      to: [{ address: 'monitor@example.org' }],
      cc: [],
    });
    const crowd = Array.from({ length: 21 }, (_, index) => change(`A${index}`, `a${index}@example.org`));
    const letter = tell(run(2, 'failed', { build: 'other', update: update(...crowd) }));
    expect(letter).toMatchObject({ to: [{ address: 'monitor@example.org' }], cc: [] });
    expect(letter?.text).toContain('21 people have changed something in it, too many to tell each of them.');
    const quiet = tell(run(3, 'failed', { build: 'third' }), { ...MAIL, authors: false });
    expect(quiet?.to).toEqual([{ address: 'monitor@example.org' }]);
  });

  test('is told to nobody when there is nobody, and then neither is that it works again', () => {
    const nobody = { ...MAIL, monitors: [] };
    expect(tell(run(1, 'failed', { update: undefined }), nobody)).toBeUndefined();
    expect(tell(run(2, 'passed'))).toBeUndefined();
    expect(tell(run(3, 'failed'))).toBeDefined();
  });

  test('is told for each build by itself, whatever its name', () => {
    for (const build of ['gcc', 'clang', 'Linux/gcc ../x', 'ü'])
      expect(tell(run(1, 'failed', { build }))).toBeDefined();
    expect(posted()).toHaveLength(4);
    expect(readdirSync(directory)).toEqual(['mail']);
  });

  test('tells a monitor who is also an author once', () => {
    const letter = tell(run(1, 'failed', { update: update(change('Moni', 'Monitor@example.org')) }));
    expect(letter).toMatchObject({ to: [{ name: 'Moni', address: 'Monitor@example.org' }], cc: [] });
  });
});

describe('the authors of an update', () => {
  const authors = (domain: string | undefined, ...changes: Change[]) =>
    authorsOf(changes, domain).map(({ name, address }) => `${name ?? ''} <${address}>`);

  test('get a domain where version control knows their login only, or are left out', () => {
    const uuid = '5f3c1d2e-1234-4abc-9def-0123456789ab';
    const logins = [change('joe', ''), change('Sue', 'sue'), change('Kim', `kim@${uuid}`), change('joe', '')];
    expect(authors('example.org', ...logins)).toEqual([
      ' <joe@example.org>',
      'Sue <sue@example.org>',
      'Kim <kim@example.org>',
    ]);
    expect(authors(undefined, ...logins)).toEqual([]);
  });

  test('are people, each once', () => {
    const robots = [
      'noreply@github.com',
      'no-reply@example.org',
      '12345+joe@users.noreply.github.com',
      'dependabot[bot]@example.org',
      'builds-noreply@example.org',
      'donotreply@example.org',
      'nobody@example.org',
    ].map((email) => change('Robot', email));
    const hostile = ['x@y\r\nBcc: a@b', '-oX@example.org', 'a b@example.org', 'a@b@c', '<a@b>'];
    expect(authors('example.org', ...robots, ...hostile.map((email) => change('Evil', email)))).toEqual([]);
    expect(authors(undefined, ann, change('Ann again', 'ANN@example.org'), bob)).toEqual([
      'Ann <ann@example.org>',
      'Bob <bob@example.org>',
    ]);
    expect(authors(undefined, change('A\r\nBcc: x@y', 'a@example.org'))).toEqual(['A Bcc: x@y <a@example.org>']);
    expect(authors(undefined, change('Nora', 'noreplyson@example.org'))).toHaveLength(1);
  });
});

/** What a killed process is to this one. */
class Killed extends Error {}

const STEPS: readonly BreakageStep[] = ['written', 'remembered', 'posted'];

/** A run whose process is killed right after a step. */
function tellKilled(summary: RunSummary, killAt: BreakageStep | undefined): void {
  const step = (done: BreakageStep): void => {
    if (done === killAt) throw new Killed();
  };
  try {
    tellBreakage(summary, context({ step }));
  } catch (error) {
    if (!(error instanceof Killed)) throw error;
  }
}

describe('a process that dies while it tells of a breakage', () => {
  test.each(STEPS)('after a step leaves it to the next, and the letter comes once: %s', (step) => {
    tellKilled(run(1, 'failed'), step);
    tell(run(2, 'failed'));
    expect(kinds()).toEqual(['broken']);
    // Until something is remembered, nothing is decided: the next run is the first that failed then.
    expect(posted()[0]?.marks?.['Stamp']).toBe(`20020131-110${step === 'written' ? 2 : 1}-Continuous`);
    tellKilled(run(3, 'passed'), step);
    tell(run(4, 'passed'));
    expect(kinds()).toEqual(['broken', 'fixed']);
    expect(readdirSync(join(spool, 'breakage', 'gcc'))).toEqual(['memory.json']);
  });

  test.each(STEPS)('does not have it sent twice when it is delivered meanwhile: %s', (step) => {
    tellKilled(run(1, 'failed'), step);
    const sent: string[] = [];
    const deliver = (): void => {
      for (const spooled of readSpool(spool).letters) {
        sent.push(spooled.letter.id);
        dropLetter(spooled);
      }
    };
    deliver();
    tell(run(1, 'failed'));
    deliver();
    tell(run(2, 'failed'));
    deliver();
    expect(sent).toHaveLength(1);
  });

  test('posts what the dead one owed before what it has to tell itself', () => {
    tellKilled(run(1, 'failed'), 'remembered');
    expect(kinds()).toEqual([]);
    tell(run(2, 'passed'));
    expect(kinds()).toEqual(['broken', 'fixed']);
  });

  test('tells each change once, whatever comes and whoever dies', () => {
    const steps = fc.array(
      fc.record({
        failed: fc.boolean(),
        killAt: fc.constantFrom(undefined, undefined, ...STEPS),
        deliver: fc.boolean(),
      }),
      { maxLength: 25 },
    );
    fc.assert(
      fc.property(steps, (history) => {
        rmSync(spool, { recursive: true, force: true });
        const sent: Letter[] = [];
        const deliver = (): void => {
          for (const spooled of readSpool(spool).letters) {
            sent.push(spooled.letter);
            dropLetter(spooled);
          }
        };
        /** What the successors of a run know, and whether it owes them a letter. */
        let [broken, owes] = [false, false];
        const expected: string[] = [];
        history.forEach(({ failed, killAt, deliver: now }, index) => {
          tellKilled(run(index, failed ? 'failed' : 'passed'), killAt);
          const diesEarly = (owes && killAt === 'posted') || killAt === 'written';
          owes = false;
          if (failed !== broken && !diesEarly) {
            broken = failed;
            owes = killAt === 'remembered';
            expected.push(failed ? 'broken' : 'fixed');
          }
          if (now) deliver();
        });
        tell(run(history.length, broken ? 'failed' : 'passed'));
        deliver();
        const found = sent.map(({ marks }) => marks?.['Kind']);
        expect(found).toEqual(expected);
        expect(found).toEqual(found.map((_, index) => (index % 2 === 0 ? 'broken' : 'fixed')));
        expect(new Set(sent.map(({ id }) => id)).size).toBe(sent.length);
      }),
      { numRuns: 200 },
    );
  });
});

test('a memory that cannot be read is none, and what stands in it names no file elsewhere', () => {
  tell(run(1, 'failed'));
  const memory = join(spool, 'breakage', 'gcc', 'memory.json');
  writeFileSync(memory, '{"letter": "../../../etc/passwd.json"}');
  writeFileSync(join(directory, 'elsewhere.json'), '{}');
  expect(tell(run(2, 'failed'))).toBeDefined();
  expect(existsSync(join(directory, 'elsewhere.json'))).toBe(true);
  writeFileSync(memory, 'not json');
  expect(tell(run(3, 'failed'))).toBeDefined();
});
