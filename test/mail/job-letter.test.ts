import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { endText, type JobReport, jobLetter } from '../../src/mail/job-letter.js';
import { LETTER } from '../../src/mail/letter.js';
import { momentText } from '../../src/text/moment.js';
import { mailBy, smtp } from './correspondence.js';

let directory: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'stagelock-job-'));
});

afterEach(() => rmSync(directory, { recursive: true }));

const mail = mailBy(smtp(25), { from: undefined, to: ['ann@example.org', 'not an address', 'ANN@example.org'] });

function report(more: Partial<JobReport> = {}): JobReport {
  return {
    id: 'run-1',
    project: 'demo',
    build: 'gcc',
    command: 'stagelock --config /x/stagelock.toml run gcc',
    user: 'builder',
    host: 'host.example.org',
    began: new Date('2002-01-31T11:21:00Z'),
    ended: new Date('2002-01-31T11:23:05Z'),
    exit: { kind: 'exited', code: 75 },
    headline: undefined,
    stderr: 'gcc: update is held by 4711 on other\n',
    log: undefined,
    logStart: 0,
    ...more,
  };
}

describe('what cron would have mailed of a run', () => {
  test('reads like cron’s mail, and says how it ended and where to look', () => {
    const log = join(directory, 'gcc.log');
    writeFileSync(log, `${Array.from({ length: 100 }, (_, index) => `line ${index}`).join('\n')}\n`);
    const letter = jobLetter(report({ log }), mail);
    expect(LETTER.check(letter)).toBe(true);
    expect(letter).toMatchObject({
      from: { name: 'stagelock', address: 'builder@host.example.org' },
      to: [{ address: 'ann@example.org' }],
      cc: [],
      subject: 'Cron <builder@host.example.org> stagelock run gcc (exit code 75: a lock is held or a wait timed out)',
      date: '2002-01-31T11:23:05.000Z',
    });
    const kept = Array.from({ length: 40 }, (_, index) => `line ${index + 60}\n`).join('');
    expect(letter?.text).toBe(`gcc: update is held by 4711 on other

Command: stagelock --config /x/stagelock.toml run gcc
Project: demo
Host:    builder@host.example.org
Began:   ${momentText('2002-01-31T11:21:00Z')}, took 2 min 5 s
End:     exit code 75: a lock is held or a wait timed out

The end of ${log}:

[... 470 bytes before this left out; all of it: ${log}]
${kept}`);
    expect(letter?.html).toContain('Cron &lt;builder@host.example.org&gt;');
    expect(jobLetter(report({ log }), mail)?.id).toBe(letter?.id);
    expect(jobLetter(report({ id: 'run-2' }), mail)?.id).not.toBe(letter?.id);
  });

  test('is nothing when there is nothing to know, or nobody to know it', () => {
    expect(jobLetter(report({ stderr: ' \n', exit: { kind: 'exited', code: 0 } }), mail)).toBeUndefined();
    expect(jobLetter(report(), mailBy(smtp(25)))).toBeUndefined();
    expect(jobLetter(report({ exit: { kind: 'exited', code: 0 } }), mail)?.subject).toContain('(exit code 0: done)');
  });

  test.each([0, 1, 75])(
    'is none for exit code %d without a word: a warning was left out that had been told',
    (code) => {
      expect(jobLetter(report({ exit: { kind: 'exited', code }, stderr: '\n' }), mail)).toBeUndefined();
    },
  );

  test.each([
    [{ kind: 'exited', code: 70 }, 'exit code 70: the run itself failed'],
    [{ kind: 'exited', code: 143 }, 'exit code 143: stopped by SIGTERM'],
    [{ kind: 'exited', code: 99 }, 'exit code 99'],
    [{ kind: 'signalled', signal: 'SIGKILL' }, 'ended by SIGKILL'],
    [{ kind: 'vanished' }, 'its process is gone, and how it ended is unknown'],
  ] as const)('also tells of an end without a word: %j', (exit, text) => {
    expect(endText(exit)).toBe(text);
    const letter = jobLetter(report({ exit, stderr: '' }), mail);
    expect(letter?.subject).toContain(text);
    expect(letter?.text).toMatch(/^It wrote nothing to stderr\.\n/);
  });

  test('is short, whatever the job has written, and is no place for its colours', () => {
    const stderr = `\u001b[31mfirst\u001b[0m\n${'x\u0000y\n'.repeat(200_000)}last\n`;
    const text = jobLetter(report({ stderr }), mail)?.text ?? '';
    expect(text.startsWith('first\n')).toBe(true);
    expect(text).toContain('\nlast\n');
    expect(text.length).toBeLessThan(10_000);
    expect(text).not.toMatch(/(?![\n\t])\p{Cc}/u);
  });

  test('is one line where names are not', () => {
    const hostile = report({ build: 'gcc\r\nBcc: x@y', user: 'a\nb', command: 'x\ny' });
    const letter = jobLetter(hostile, mail);
    expect(letter?.subject).toMatch(/^Cron <a b@host\.example\.org> stagelock run gcc Bcc: x@y \(/);
    expect(letter?.from.address).toBe('stagelock@host.example.org');
  });
});
