import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type RunSummary, tellBreakage } from '../../src/mail/breakage.js';
import { collectsUntilMs, withOthers } from '../../src/mail/collecting.js';
import { deliverMail, nextDueMs } from '../../src/mail/delivery.js';
import { readSpool, type SpooledLetter } from '../../src/mail/spool.js';
import type { Change, MergedUpdate } from '../../src/updates/record.js';
import { mailBy, smtp } from './correspondence.js';
import { MailServer } from './mail-server.js';

const MINUTE = 60_000;
/** When letters are put into the spool. */
const POSTED = Date.parse('2002-01-31T12:00:00Z');

let directory: string;
let spool: string;
let server: MailServer;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'stagelock-collecting-'));
  spool = join(directory, 'mail');
  server = await new MailServer().listen();
});

afterEach(async () => {
  await server.close();
  rmSync(directory, { recursive: true });
});

/** One commit by an author of its name. */
function commit(revision: string): Change {
  const author = { author: `Author of ${revision}`, email: `${revision}@example.org` };
  const committer = { committer: '', committerEmail: '', committedDate: '' };
  return { revision, ...author, ...committer, date: '2002-01-31T10:00:00Z', log: `Change ${revision}`, files: [] };
}

/** A run of a build that built some commits, and what is told of it. */
function ran(build: string, revisions: readonly string[], result: RunSummary['result'] = 'failed', minutes = 0): void {
  const update: MergedUpdate = {
    ...{ type: 'git', records: [1], prior: 'r0', revision: 'r9', modified: [], conflicting: [] },
    ...{ started: '2002-01-31T11:20:00Z', ended: '2002-01-31T11:20:30Z', changes: revisions.map(commit) },
  };
  const errors = { count: 2, orMore: false, first: [{ text: `a.c:1: error: by ${build}`, before: [], after: [] }] };
  const failure = {
    ...{ stage: 'build', end: 'failed with exit code 2', logFile: `/b/${build}.log`, errors, lastLines: [] },
    tests: { failed: 0, first: [] },
  };
  const summary: RunSummary = {
    ...{ build, run: `${build} ${result} ${minutes}`, stamp: '20020131-1120-Continuous', result, update },
    failures: result === 'failed' ? [failure] : [],
    ended: new Date(POSTED + minutes * MINUTE),
    toSeeMore: `stagelock log ${build} --show`,
  };
  const mail = mailBy(smtp(server.port), { authors: true, monitors: ['monitor@example.org'] });
  const now = (): Date => new Date(POSTED + minutes * MINUTE);
  tellBreakage(summary, { project: 'demo', user: 'u', host: 'h', mail, spool, now, collectMs: 5 * MINUTE });
}

/** Delivers what is due so many minutes after the first letters. */
async function deliver(minutes: number, isComplete = false) {
  const now = (): Date => new Date(POSTED + minutes * MINUTE);
  const signal = new AbortController().signal;
  return await deliverMail(spool, mailBy(smtp(server.port)), {
    ...{ now, environment: {}, signal, atOnce: false, isComplete: () => isComplete },
  });
}

const subjects = (): string[] => server.received.map(({ mail }) => mail.subject ?? '');

describe('builds of one source that the same commit breaks', () => {
  test('are one mail to its author, which names them with their errors and the commit once; and one when they work again', async () => {
    for (const [index, build] of ['gcc', 'clang', 's1'].entries()) ran(build, ['ann'], 'failed', index / 10);
    expect((await deliver(4)).end).toEqual({ kind: 'not-due', atMs: POSTED + 5 * MINUTE });
    expect(server.received).toEqual([]);
    expect(await deliver(5)).toMatchObject({ end: { kind: 'empty' }, delivered: 2, problems: [] });
    expect(subjects()).toEqual(['demo: 3 builds are broken (gcc, clang, s1): build failed: 2 errors']);
    expect(server.received[0]?.to).toEqual(['ann@example.org', 'monitor@example.org']);
    const text = server.received[0]?.mail.text ?? '';
    expect(text).toMatch(/^3 builds of demo on h are broken: gcc, clang and s1\.\n/);
    for (const build of ['gcc', 'clang', 's1']) {
      expect(text).toContain(`${build}: build failed: 2 errors (exit code 2)\n\n  a.c:1: error: by ${build}\n`);
      expect(text).toContain(`stagelock log ${build} --show`);
    }
    expect(text.match(/Change ann/g)).toHaveLength(1);

    for (const [index, build] of ['gcc', 'clang', 's1'].entries())
      ran(build, ['ann', 'eve'], 'passed', 60 + index / 10);
    await deliver(70);
    expect(subjects().slice(1)).toEqual(['demo: 3 builds work again (gcc, clang, s1)']);
    expect(server.received[1]?.to).toEqual(['ann@example.org', 'monitor@example.org']);
  });

  test('that merged other commits, too, are in that mail to all authors', async () => {
    ran('gcc', ['ann']);
    ran('clang', ['ann', 'bob']);
    ran('s1', ['bob', 'eve']);
    await deliver(5);
    expect(server.received.map(({ to }) => to)).toEqual([
      ['ann@example.org', 'bob@example.org', 'eve@example.org', 'monitor@example.org'],
    ]);
    expect(server.received[0]?.mail.text).toContain('clang: 2 changes were built:');
  });

  test('are more mails when they break by different commits, or one after the other', async () => {
    ran('gcc', ['ann']);
    ran('clang', ['bob']);
    await deliver(5);
    expect(subjects().toSorted()).toEqual(['demo/clang: build failed: 2 errors', 'demo/gcc: build failed: 2 errors']);
    ran('s1', ['ann'], 'failed', 6);
    await deliver(12);
    expect(subjects()).toHaveLength(3);
  });

  test('stay as they are when they were tried before', async () => {
    ran('gcc', ['ann']);
    server.manners.push('450 later');
    await deliver(5);
    expect(server.received).toEqual([]);
    ran('clang', ['ann'], 'failed', 5.5);
    await deliver(11);
    expect(subjects().toSorted()).toEqual(['demo/clang: build failed: 2 errors', 'demo/gcc: build failed: 2 errors']);
  });

  test('are one mail with each of them once, also when a delivery died while it put them together', async () => {
    for (const [index, build] of ['gcc', 'clang', 's1'].entries()) ran(build, ['ann'], 'failed', index / 10);
    const [first, ...others] = readSpool(spool).letters as [SpooledLetter, ...SpooledLetter[]];
    const kept = others.map(({ path }, index) => [path, join(directory, `kept-${index}`)] as const);
    for (const [path, copy] of kept) copyFileSync(path, copy);
    withOthers(spool, first);
    expect(readSpool(spool).letters).toHaveLength(1);
    // As if it had died before it removed them.
    for (const [path, copy] of kept) copyFileSync(copy, path);
    await deliver(5);
    expect(subjects()).toEqual(['demo: 3 builds are broken (gcc, clang, s1): build failed: 2 errors']);
    expect(server.received[0]?.mail.text?.match(/error: by clang/g)).toHaveLength(1);
  });

  test('wait no longer when nothing else will come; what was tried before keeps its time', async () => {
    ran('gcc', ['ann']);
    ran('clang', ['ann'], 'failed', 0.1);
    expect(await deliver(0.2, true)).toMatchObject({ delivered: 2, end: { kind: 'empty' } });
    expect(subjects()).toEqual(['demo: 2 builds are broken (gcc, clang): build failed: 2 errors']);
    ran('s1', ['bob'], 'failed', 1);
    server.manners.push('450 later');
    await deliver(1, true);
    expect((await deliver(1.5, true)).end).toMatchObject({ kind: 'not-due' });
    expect(subjects()).toHaveLength(1);
  });

  test('say until when they wait, by their names alone once a delivery has looked', async () => {
    ran('gcc', ['ann']);
    expect(nextDueMs(spool, new Date(POSTED))).toBe(POSTED + 5 * MINUTE);
    await deliver(0);
    expect(collectsUntilMs(spool, new Date(POSTED))).toBe(POSTED + 5 * MINUTE);
    expect(collectsUntilMs(spool, new Date(POSTED + 1))).toBeUndefined();
    await deliver(5);
    expect(collectsUntilMs(spool, new Date(POSTED))).toBeUndefined();
  });
});
