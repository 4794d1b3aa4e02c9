import { execFileSync } from 'node:child_process';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { rowsIn } from '../../../src/updates/hg/command.js';
import { courseOf, type Head } from '../../../src/updates/hg/heads.js';
import { hg } from '../../../src/updates/hg/hg.js';
import { readSubrepositories } from '../../../src/updates/hg/sub-repositories.js';
import { append } from '../../../src/updates/journal.js';
import type { Checkout } from '../../../src/updates/version-control.js';
import { temporaryDirectory } from '../repository.js';
import { environment, missingFor } from '../systems/repositories.js';

const HEAD: Head = {
  node: 'a',
  rev: 1,
  branch: 'default',
  isOpenHead: false,
  isClosedHead: false,
  isCheckedOut: false,
  isInHere: false,
  comesFromHere: false,
  isInNewest: false,
  isDraft: false,
  isOurs: false,
};
const forward = { branch: 'default', mode: 'fast-forward' } as const;
const reset = { branch: 'default', mode: 'reset' } as const;
const here: Head = { ...HEAD, node: 'here', isCheckedOut: true };
const newer: Head = { ...HEAD, node: 'newer', rev: 5, isOpenHead: true, comesFromHere: true, isInNewest: true };
const beside: Head = { ...HEAD, node: 'beside', rev: 4, isOpenHead: true };

describe('the course of an update of Mercurial', () => {
  test('goes to the only open head', () => {
    expect(courseOf(forward, [here, newer])).toEqual({ kind: 'to', head: 'here', target: 'newer' });
  });

  test('goes nowhere while another head would be left out, whichever is checked out', () => {
    expect(courseOf(forward, [here, newer, beside])).toEqual({ kind: 'several', heads: ['newer', 'beside'] });
    const older = { ...beside, rev: 9, isInNewest: true };
    expect(courseOf(forward, [here, newer, older])).toEqual({ kind: 'several', heads: ['beside', 'newer'] });
    expect(courseOf(reset, [here, newer, beside])).toEqual({ kind: 'to', head: 'here', target: 'newer' });
  });

  test('does not go on from what nobody else has', () => {
    const mine = { ...here, isOurs: true };
    expect(courseOf(forward, [mine, newer])).toMatchObject({ kind: 'diverged' });
    expect(courseOf(reset, [mine, newer])).toMatchObject({ kind: 'to', target: 'newer' });
  });

  test('goes to the closing of a branch, and says then that it is closed', () => {
    const closed: Head = { ...HEAD, node: 'end', rev: 7, isClosedHead: true, comesFromHere: true };
    expect(courseOf(forward, [here, closed])).toEqual({ kind: 'to', head: 'here', target: 'end' });
    const there = { ...closed, isCheckedOut: true, isInHere: true };
    expect(courseOf(forward, [there])).toEqual({ kind: 'closed', by: 'end' });
  });

  test('stays where a branch began later, unless that is something else', () => {
    expect(courseOf(forward, [here])).toEqual({ kind: 'to', head: 'here', target: 'here' });
    for (const followed of [forward, reset]) {
      expect(courseOf(followed, [{ ...here, branch: 'other' }])).toEqual({ kind: 'too-young' });
      expect(courseOf(followed, [{ ...here, isOurs: true }])).toEqual({ kind: 'too-young' });
      expect(courseOf(followed, [])).toEqual({ kind: 'too-young' });
    }
  });
});

test('what hooks print between the rows of hg is not taken for one', () => {
  const rows = rowsIn(Buffer.from('hook\n\0a\0b\0said\n\0c\0\0hook\n'), 2);
  expect(rows?.map((row) => row.map(String))).toEqual([
    ['a', 'b'],
    ['c', ''],
  ]);
  expect(rowsIn(Buffer.from('\0a\0b\0\0c'), 2)).toBeUndefined();
});

test('the subrepositories of a revision are read as hg writes them', () => {
  const sources = '# none\na b/c = ../x\ngit = [git]https://example.org/x\n[subpaths]\n';
  expect(readSubrepositories(sources, 'aa a b/c\nbb git\ncc gone\n')).toEqual([
    { path: 'a b/c', type: 'hg', revision: 'aa' },
    { path: 'git', type: 'git', revision: 'bb' },
  ]);
});

/** The memory of a build that has recorded nothing. */
const NOTHING = '/nonexistent';
const missing = missingFor('hg');
const able = test.skipIf(missing.length > 0);

/** A server, somebody's clone, and ours. */
function scene(configuration = '') {
  const root = temporaryDirectory();
  const [store, theirs, source] = ['store', 'theirs', 'source'].map((name) => join(root, name)) as [
    string,
    string,
    string,
  ];
  const run = (...args: string[]): string => execFileSync('hg', args, { cwd: root, env: environment }).toString();
  const commit = (text: string, ...args: string[]): void => {
    writeFileSync(join(theirs, 'a.c'), text);
    run('-R', theirs, 'commit', '-q', '-A', '-m', text, ...args);
    run('-R', theirs, 'push', '-q', '--new-branch', '-f');
  };
  run('init', store);
  appendFileSync(join(store, '.hg', 'hgrc'), configuration);
  run('clone', '-q', store, theirs);
  commit('one');
  run('clone', '-q', store, source);
  const commands: string[] = [];
  const log = (line: string): void => void (line.startsWith('"hg"') && commands.push(line));
  const checkout: Checkout = { source, timeoutMs: 60_000, environment, log };
  return { run, commit, theirs, source, checkout, commands };
}

describe(`fetching by hg${missing.length > 0 ? ` (missing: ${missing.join(', ')})` : ''}`, () => {
  able('asks twice when there is no news of what was recorded', { timeout: 120_000 }, async () => {
    const { run, source, checkout, commands } = scene();
    const memory = temporaryDirectory();
    const revision = run('-R', source, 'log', '-r', '.', '-T', '{node}');
    const times = { started: '2026-11-27T00:00:00Z', ended: '2026-11-27T00:00:00Z' };
    const record = {
      format: 1,
      sequence: 1,
      buildstamp: 'x',
      type: 'hg',
      prior: revision,
      revision,
      changes: [],
    } as const;
    append(memory, { ...record, ...times });
    expect(await hg(forward, memory).fetch(checkout)).toMatchObject({ kind: 'fetched', news: false });
    expect(commands).toHaveLength(2);
  });

  able.each([
    ['of a colleague', ['pull', '-q']],
    ['that was pushed to another repository', ['push', '-q', '-f']],
  ])('does not follow a public commit %s', { timeout: 120_000 }, async (_, [command = '', ...options]) => {
    const { run, source, checkout } = scene();
    const revision = run('-R', source, 'log', '-r', '.', '-T', '{node}');
    const elsewhere = join(temporaryDirectory(), 'elsewhere');
    run('clone', '-q', source, elsewhere);
    const place = command === 'pull' ? elsewhere : source;
    writeFileSync(join(place, 'a.c'), 'mine\n');
    run('-R', place, 'commit', '-q', '-m', 'mine');
    run('-R', source, command, ...options, elsewhere);
    expect(run('-R', source, 'log', '-r', 'tip', '-T', '{phase} {desc}')).toBe('public mine');
    const fetched = await hg(forward, NOTHING).fetch(checkout);
    if (command === 'pull') expect(fetched).toMatchObject({ kind: 'fetched', news: false });
    else expect(fetched).toMatchObject({ kind: 'failed', message: expect.stringContaining(revision) });
    expect(await hg(reset, NOTHING).fetch(checkout)).toMatchObject({ kind: 'fetched', target: revision });
  });

  able('does not follow a secret commit', { timeout: 120_000 }, async () => {
    const { run, source, checkout } = scene();
    writeFileSync(join(source, 'a.c'), 'mine\n');
    run('-R', source, 'commit', '-q', '-m', 'mine', '--secret');
    const told = { kind: 'failed', message: expect.stringContaining('commits') };
    expect(await hg(forward, NOTHING).fetch(checkout)).toMatchObject(told);
  });

  able('follows a commit that was amended on the other side', { timeout: 120_000 }, async () => {
    const evolve = '[experimental]\nevolution = all\n[phases]\npublish = False\n';
    const { run, commit, theirs, source, checkout } = scene(evolve);
    for (const one of [theirs, source]) appendFileSync(join(one, '.hg', 'hgrc'), evolve);
    commit('two');
    run('-R', source, 'pull', '-q', '-u');
    commit('amended', '--amend');
    const told = { kind: 'failed', message: expect.stringContaining('were removed there') };
    expect(await hg(forward, NOTHING).fetch(checkout)).toMatchObject(told);
    expect(await hg(reset, NOTHING).fetch(checkout)).toMatchObject({ kind: 'fetched', news: true });
  });

  able('follows a branch of any name', { timeout: 120_000 }, async () => {
    const branch = `-a "b" {c} \\n 'd' $e *`;
    const { run, commit, theirs, source, checkout } = scene();
    run('-R', theirs, 'branch', '-q', '--', branch);
    commit('two');
    const system = hg({ branch, mode: 'fast-forward' }, NOTHING);
    const elsewhere = await system.fetch(checkout);
    expect(elsewhere).toMatchObject({ kind: 'failed', message: expect.stringContaining(JSON.stringify(branch)) });
    const [line = ''] = /(?<=^ {2})\S.*/m.exec('message' in elsewhere ? elsewhere.message : '') ?? [];
    execFileSync('sh', ['-c', line], { env: environment });
    commit('three');
    const fetched = await system.fetch(checkout);
    expect(fetched).toMatchObject({ kind: 'fetched', news: true });
    if (fetched.kind === 'fetched') expect(await system.move(checkout, fetched)).toEqual({ kind: 'moved' });
    expect(run('-R', source, 'log', '-r', '.', '-T', '{desc}')).toBe('three');
  });

  able('brings the last change of a branch that was closed, and then says so', { timeout: 120_000 }, async () => {
    const { run, commit, theirs, source, checkout } = scene();
    commit('two');
    run('-R', theirs, 'commit', '-q', '--close-branch', '-m', 'closed');
    run('-R', theirs, 'push', '-q');
    const fetched = await hg(forward, NOTHING).fetch(checkout);
    if (fetched.kind === 'fetched')
      expect(await hg(forward, NOTHING).move(checkout, fetched)).toEqual({ kind: 'moved' });
    expect(run('-R', source, 'cat', '-r', '.', join(source, 'a.c'))).toBe('two');
    for (const mode of ['fast-forward', 'reset'] as const) {
      const again = await hg({ branch: 'default', mode }, NOTHING).fetch(checkout);
      expect(again).toMatchObject({ kind: 'failed', message: expect.stringContaining('closed') });
    }
  });

  able(
    'tells commits of this repository from those of a server that does not publish',
    { timeout: 60_000 },
    async () => {
      const { run, commit, source, checkout } = scene('[phases]\npublish = False\n');
      commit('two');
      const fetched = await hg(forward, NOTHING).fetch(checkout);
      if (fetched.kind === 'fetched')
        expect(await hg(forward, NOTHING).move(checkout, fetched)).toEqual({ kind: 'moved' });
      expect(await hg(forward, NOTHING).fetch(checkout)).toMatchObject({ kind: 'fetched', news: false });
      writeFileSync(join(source, 'a.c'), 'mine\n');
      run('-R', source, 'commit', '-q', '-m', 'mine');
      expect(await hg(forward, NOTHING).fetch(checkout)).toMatchObject({
        kind: 'failed',
        message: expect.stringContaining('commits'),
      });
      const target = 'target' in fetched ? fetched.target : undefined;
      expect(await hg(reset, NOTHING).fetch(checkout)).toMatchObject({ kind: 'fetched', target, news: true });
    },
  );
});
