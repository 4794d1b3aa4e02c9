import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { changesBetween } from '../../../src/updates/git/changes.js';
import { logReader } from '../../../src/updates/git/log.js';
import type { Change } from '../../../src/updates/record.js';
import { originAndClone, repositoryAt } from '../repository.js';

async function between(checkout: Parameters<typeof changesBetween>[0], prior: string, revision: string) {
  const result = await changesBetween(checkout, prior, revision);
  if (result.kind === 'failed') throw new Error(result.message);
  return result;
}

describe('the changes between two revisions', () => {
  it('tell of each commit who, when, why and which files, oldest first', async () => {
    const { origin, clone } = originAndClone();
    const checkout = { source: origin.directory, timeoutMs: 30_000 };
    const prior = clone.head();
    const lines = Array.from({ length: 30 }, (_, i) => `line ${i}\n`).join('');
    origin.commit('long', { 'old name.txt': lines });
    origin.git('mv', 'old name.txt', 'src/new name.txt');
    origin.git('rm', '-q', 'a.txt');
    origin.git('commit', '-q', '-m', 'rename\n\nand delete', '--author=Bö Ünï <bö@example.org>');
    origin.git('commit', '-q', '--amend', '--no-edit', '--date=2026-01-02T03:04:05+05:30');
    const { changes, complete } = await between(checkout, prior, origin.head());
    expect(complete).toBe(true);
    expect(changes.map((change) => change.files)).toEqual([
      [{ path: 'old name.txt', status: 'added' }],
      [
        { path: 'a.txt', status: 'deleted' },
        { path: 'src/new name.txt', status: 'renamed', oldPath: 'old name.txt' },
      ],
    ]);
    expect(changes[1]).toMatchObject({
      revision: origin.head(),
      author: 'Bö Ünï',
      email: 'bö@example.org',
      date: '2026-01-02T03:04:05+05:30',
      committer: 'Carl Committer',
      committerEmail: 'carl@example.org',
      log: 'rename\n\nand delete\n',
    });
    expect(await between(checkout, prior, prior)).toEqual({ kind: 'changes', changes: [], complete: true });
  });

  it('hold every commit of a merged branch once, parents first, and no files for the merge', async () => {
    const { origin, clone, checkout: base } = originAndClone();
    const checkout = { ...base, source: origin.directory };
    // What a user may have configured must not show.
    origin.git('config', 'log.diffMerges', 'first-parent');
    origin.git('config', 'log.showSignature', 'true');
    origin.git('config', 'diff.renames', 'false');
    const prior = clone.head();
    origin.git('switch', '-q', '-c', 'side');
    const side = origin.commit('side', { 's.txt': 's\n' });
    origin.git('switch', '-q', 'main');
    const main = origin.commit('main', { 'm.txt': 'm\n' });
    origin.git('merge', '-q', '--no-ff', '-m', 'merge', 'side');
    const { changes } = await between(checkout, prior, origin.head());
    expect(changes.slice(0, 2).map((change) => change.revision)).toEqual(expect.arrayContaining([side, main]));
    expect(changes[2]).toMatchObject({ revision: origin.head(), log: 'merge\n', files: [] });
    expect(changes).toHaveLength(3);
    expect((await between(checkout, main, origin.head())).changes.map((change) => change.revision)).toEqual([
      side,
      origin.head(),
    ]);
  });

  it('keep paths and messages with any bytes apart', async () => {
    const { origin, clone, checkout: base } = originAndClone();
    const checkout = { ...base, source: origin.directory };
    const prior = clone.head();
    const names = ['naïve ü.c', 'new\nline', 'tab\t"quote"', 'commit', 'A', '日本'];
    origin.commit('\u0001 ]]> <&> "M" \r end', Object.fromEntries(names.map((name) => [name, 'x'])));
    // Paths as bytes: a shell writes them, because Node takes names apart as UTF-8.
    origin.git('-c', 'alias.x=!printf x > "$(printf "bad\\351name")"', 'x');
    origin.git('-c', 'alias.x=!printf x > "$(printf "bad\\352name")"', 'x');
    origin.commit('replaced');
    // git commit would take the message for Latin-1 and convert it; other programs write such commits.
    const raw = '{ git cat-file commit HEAD | sed "/^$/q"; printf "c\\351a\\377\\n"; }';
    origin.git('-c', `alias.x=!git update-ref HEAD $(${raw} | git hash-object -t commit -w --stdin)`, 'x');
    const { changes } = await between(checkout, prior, origin.head());
    expect(changes[0]?.files.map((file) => file.path).sort()).toEqual(names.sort());
    expect(changes[0]?.log).toContain('\u0001 ]]> <&> "M" \r end');
    expect(changes[1]?.files.map((file) => file.path)).toEqual([
      'bad[NON-UTF-8-BYTE-0xE9]name',
      'bad[NON-UTF-8-BYTE-0xEA]name',
    ]);
    expect(changes[1]?.log).toBe('c[NON-UTF-8-BYTE-0xE9]a[NON-UTF-8-BYTE-0xFF]\n');
  });

  it('of a rewritten branch are the new commits; when the old ones are gone, the newest alone', async () => {
    const { origin, clone, checkout } = originAndClone();
    const base = clone.head();
    const prior = clone.commit('old', { 'a.txt': 'old\n' });
    clone.git('reset', '-q', '--hard', base);
    const first = clone.commit('new one', { 'a.txt': 'new one\n' });
    const second = clone.commit('new two', { 'a.txt': 'new two\n' });
    const kept = await between(checkout, prior, second);
    expect(kept.changes.map((change) => change.revision)).toEqual([first, second]);
    clone.git('reflog', 'expire', '--expire=now', '--all');
    clone.git('gc', '-q', '--prune=now');
    const lost = await between(checkout, prior, second);
    expect(lost.changes.map((change) => change.revision)).toEqual([second]);
    expect(lost.complete).toBe(false);
    expect(await changesBetween(checkout, prior, '0'.repeat(40))).toMatchObject({ kind: 'failed' });
    expect(await changesBetween(checkout, '--all', origin.head())).toMatchObject({ kind: 'failed' });
  });

  it('of any history, split anywhere, are together those of one big update', async () => {
    const { root, origin, checkout: base } = originAndClone();
    const checkout = { ...base, source: origin.directory };
    const start = origin.head();
    const stops = [start];
    // Branches that live across several updates, in which every merge is one point where an update may end.
    for (let i = 0; i < 6; i++) {
      origin.git('branch', `side${i}`, stops[Math.max(0, i - 3)] ?? start);
      origin.git('worktree', 'add', '-q', join(root, `side${i}`), `side${i}`);
      repositoryAt(join(root, `side${i}`)).commit(`side ${i}`, { [`side${i}.txt`]: `${i}` });
      stops.push(origin.commit(`main ${i}`, { 'main.txt': `${i}` }));
      origin.git('merge', '-q', '--no-ff', '-m', `merge ${i}`, `side${i}`);
      stops.push(origin.head());
    }
    const end = stops.at(-1) ?? start;
    const whole = (await between(checkout, start, end)).changes;
    expect(whole).toHaveLength(18);
    await fc.assert(
      fc.asyncProperty(fc.subarray(stops.slice(1, -1)), async (cuts) => {
        const ends = [...cuts, end];
        const parts: Change[] = [];
        for (const [i, to] of ends.entries())
          parts.push(...(await between(checkout, ends[i - 1] ?? start, to)).changes);
        const byRevision = (a: Change, b: Change) => (a.revision < b.revision ? -1 : 1);
        expect(parts.toSorted(byRevision)).toEqual(whole.toSorted(byRevision));
      }),
      { numRuns: 12 },
    );
  });
});

describe('the log reader', () => {
  const log = (...fields: string[]) => fields.map((field) => `${field}\0`).join('');
  const header = ['commit', 'r1', 'a', 'a@x', 'd', 'c', 'c@x', 'd'];

  it('gives the same however the stream is cut', () => {
    const bytes = Buffer.from(
      log(...header, 'ü\n', '\nM', 'ü.c', 'R100', 'A', 'commit', ...header, '', ...header, 'x', '\nA', 'M'),
    );
    const read = (cuts: readonly number[]) => {
      const reader = logReader();
      const ends = [...cuts.toSorted((a, b) => a - b), bytes.length];
      ends.forEach((end, i) => {
        reader.push(bytes.subarray(ends[i - 1] ?? 0, end));
      });
      return reader.end();
    };
    const whole = read([]);
    expect(whole.map((change) => change.files)).toEqual([
      [
        { path: 'ü.c', status: 'modified' },
        { path: 'commit', status: 'renamed', oldPath: 'A' },
      ],
      [],
      [{ path: 'M', status: 'added' }],
    ]);
    fc.assert(
      fc.property(fc.array(fc.nat(bytes.length)), (cuts) => {
        expect(read(cuts)).toEqual(whole);
      }),
    );
  });

  it('does not take a log that was cut off, or is none, for a whole one', () => {
    for (const text of [
      log(...header),
      log(...header, 'm', '\nM'),
      log('what'),
      'commit',
      log(...header, 'm', 'R1', 'x'),
    ]) {
      const reader = logReader();
      expect(() => {
        reader.push(Buffer.from(text));
        reader.end();
      }, text).toThrow('cannot read');
    }
  });
});
