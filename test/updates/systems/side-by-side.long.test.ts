import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { updateXml } from '../../../src/reports/update-xml.js';
import { versionControlOf } from '../../../src/updates/chosen-system.js';
import { mergeRecords } from '../../../src/updates/merge.js';
import type { SystemName, UpdateRecord } from '../../../src/updates/record.js';
import type { Checkout, VersionControl } from '../../../src/updates/version-control.js';
import { temporaryDirectory } from '../repository.js';
import { CTEST_FILES, configure, HAS_CTEST, type ReadUpdate, readUpdate, scribble, updateByCTest } from './ctest.js';
import { type Commit, environment, makeRepository, missingFor, type SourceRepository } from './repositories.js';

const SYSTEMS: readonly SystemName[] = ['git', 'svn', 'hg', 'cvs'];

interface Scene {
  readonly repository: SourceRepository;
  readonly system: VersionControl;
  /** Updated by us. */
  readonly checkout: Checkout;
  /** Updated by CTest. */
  readonly build: string;
  readonly theirs: string;
}

/** Two clones of one repository, after some commits. */
async function scene(type: SystemName, first: Commit): Promise<Scene> {
  const root = temporaryDirectory();
  const repository = makeRepository(type, root);
  repository.commit({ ...first, write: { ...CTEST_FILES, ...first.write } });
  const [ours, theirs] = [join(root, 'ours'), join(root, 'theirs')];
  repository.clone(ours);
  repository.clone(theirs);
  const build = configure(theirs, join(root, 'build'));
  const system = await versionControlOf(repository.update, join(root, 'memory'));
  return { repository, system, build, theirs, checkout: { source: ours, timeoutMs: 60_000, environment } };
}

/** What our `Update.xml` of one update says. */
async function updateByUs({ system, checkout }: Scene): Promise<ReadUpdate> {
  const before = await system.currentRevision(checkout);
  const fetched = await system.fetch(checkout);
  if (before.kind === 'failed' || fetched.kind === 'failed') throw new Error(JSON.stringify([before, fetched]));
  if (fetched.news) expect(await system.move(checkout, fetched)).toEqual({ kind: 'moved' });
  const after = await system.currentRevision(checkout);
  if (after.kind === 'failed') throw new Error(after.message);
  if (fetched.target !== undefined) expect(after.revision).toBe(fetched.target);
  const changes = await system.changesBetween(checkout, before.revision, after.revision);
  const local = await system.localChanges(checkout);
  if (changes.kind === 'failed' || local.kind === 'failed') throw new Error(JSON.stringify([changes, local]));
  expect(changes.complete).toBe(true);
  const record: UpdateRecord = {
    format: 1,
    sequence: 2,
    buildstamp: '20261124-1000-Continuous',
    type: system.type,
    prior: before.revision,
    revision: after.revision,
    started: '2026-11-24T10:00:00Z',
    ended: '2026-11-24T10:00:01Z',
    changes: changes.changes,
    modified: local.modified,
    conflicting: local.conflicting,
  };
  const update = mergeRecords([record], { type: system.type, revision: before.revision, ended: record.started });
  const facts = { generator: 'stagelock', site: 's', build: 'b', buildstamp: record.buildstamp, problem: '' };
  return readUpdate(Buffer.from(updateXml({ ...facts, command: system.command, update })));
}

describe.each(SYSTEMS)('an update by %s', (type) => {
  const missing = [...missingFor(type), ...(HAS_CTEST ? [] : ['ctest'])];
  const able = test.skipIf(missing.length > 0);
  const because = missing.length > 0 ? ` (missing: ${missing.join(', ')})` : '';

  able(`is reported as CTest reports it: files, revisions, authors${because}`, async () => {
    // CTest takes what hg writes for XML as it is: it reports no file at all when a message has a `<` in it, and makes two
    // of a name with a space.
    const [path, text] = type === 'hg' ? ['äö/ü.txt', 'zwei: ä'] : ['ä ö/ü.txt', 'zwei: ä ]]> <&>'];
    const here = await scene(type, { log: 'one', write: { a: '1\n', 'd/e/f.c': 'f\n', old: 'o\n', [path]: 'u\n' } });
    const { repository } = here;
    const [ann, bob] = type === 'svn' ? ['ann', 'bob'] : ['Ann Äuthor <ann@example.org>', 'bob <b@b>'];
    repository.commit({ author: ann, log: text, write: { a: '2\n', [path]: 'v\n' } });
    repository.commit({ author: bob, log: 'three\n\nwith more', write: { a: '3\n', 'new/x.c': 'x\n', b: 'b\n' } });
    repository.commit({ author: ann, log: 'four', rename: { old: 'new/older' }, remove: ['d/e/f.c'] });
    const theirs = readUpdate(updateByCTest(here.build));
    const ours = await updateByUs(here);
    expect(Object.keys(theirs.files).length).toBeGreaterThan(5);
    expect(ours.files).toMatchObject(dropUnknown(theirs.files));
    expect(ours.revision).toBe(theirs.revision);
    expect(ours.prior).toBe(theirs.prior);
    expect(ours.status).toBe(theirs.status);
    expect(namesOfFiles(ours)).toEqual(namesOfFiles(theirs));
  });

  able(`without news touches nothing and reports nothing${because}`, async () => {
    const here = await scene(type, { log: 'one', write: { a: '1\n' } });
    const ours = await updateByUs(here);
    expect(ours.files).toEqual({});
    expect(ours.prior).toBeUndefined();
    expect(await here.system.fetch(here.checkout)).toMatchObject({ kind: 'fetched', news: false });
  });

  able(`names what somebody has changed by hand${because}`, async () => {
    const here = await scene(type, { log: 'one', write: { a: '1\n', b: '1\n' } });
    here.repository.commit({ log: 'two', write: { a: '2\n' } });
    for (const clone of [here.checkout.source, here.theirs]) scribble(clone, 'CTestConfig.cmake');
    const theirs = readUpdate(updateByCTest(here.build));
    const ours = await updateByUs(here);
    expect(ours.files['CTestConfig.cmake']).toMatchObject({ kind: 'Modified', author: 'Unknown' });
    expect(ours.status).toBe('Update error: There are modified or conflicting files in the repository');
    // CTest discards local changes where it updates by git, and has none to report then.
    if (type !== 'git') expect(ours).toMatchObject({ ...theirs, files: dropUnknown(theirs.files) });
  });

  able(`whose changes are in the way of somebody's is refused, and leaves the tree as it was${because}`, async () => {
    const here = await scene(type, { log: 'one', write: { a: '1\n', b: '1\n' } });
    here.repository.commit({ log: 'two', write: { a: '2\n', b: '2\n' } });
    writeFileSync(join(here.checkout.source, 'a'), 'by hand\n');
    const before = await here.system.currentRevision(here.checkout);
    const fetched = await here.system.fetch(here.checkout);
    const refused = fetched.kind === 'failed' ? fetched : await here.system.move(here.checkout, fetched);
    expect(['failed', 'refused']).toContain(refused.kind);
    expect('message' in refused && refused.message).toMatch(/\ba\b(.|\n)*\(the source tree was not touched\)/);
    expect(await here.system.currentRevision(here.checkout)).toEqual(before);
    const local = await here.system.localChanges(here.checkout);
    // CVS knows no difference between what would be a conflict and what is one.
    const as = type === 'cvs' ? { modified: [], conflicting: ['a'] } : { modified: ['a'], conflicting: [] };
    expect(local).toEqual({ kind: 'local', ...as });
    const reset = await versionControlOf({ ...here.repository.update, mode: 'reset' }, join(here.build, 'memory'));
    const again = await reset.fetch(here.checkout);
    expect(again.kind === 'fetched' && (await reset.move(here.checkout, again))).toEqual({ kind: 'moved' });
    expect(await reset.localChanges(here.checkout)).toEqual({ kind: 'local', modified: [], conflicting: [] });
  });

  able(`says what a person has changed before it touches anything${because}`, async () => {
    const here = await scene(type, { log: 'one', write: { a: '1\n', b: '1\n' } });
    here.repository.commit({ log: 'two', write: { a: '2\n' } });
    writeFileSync(join(here.checkout.source, 'b'), 'by hand\n');
    const fetched = await here.system.fetch(here.checkout);
    if (fetched.kind === 'failed') throw new Error(fetched.message);
    const said: unknown[] = [];
    const a = (): string => readFileSync(join(here.checkout.source, 'a'), 'utf8');
    // As when the mark cannot be written.
    await expect(
      here.system.move(here.checkout, fetched, (local) => {
        said.push(local);
        throw new Error('disk full');
      }),
    ).rejects.toThrow('disk full');
    expect(a()).toBe('1\n');
    const begun: string[] = [];
    expect(await here.system.move(here.checkout, fetched, () => begun.push(a()))).toEqual({ kind: 'moved' });
    expect(said).toEqual([{ kind: 'local', modified: ['b'], conflicting: [] }]);
    expect(begun).toEqual(['1\n']);
    expect(a()).toBe('2\n');
  });

  able(`as of a time stops there${because}`, async () => {
    const here = await scene(type, { log: 'one', write: { a: '1\n' } });
    await untilNextSecond();
    here.repository.commit({ log: 'two', write: { a: '2\n' } });
    const start = await here.system.currentRevision(here.checkout);
    await untilNextSecond();
    const asOf = new Date(Math.floor(Date.now() / 1000) * 1000);
    await untilNextSecond();
    here.repository.commit({ log: 'three', write: { a: '3\n', b: 'b\n' } });
    const fetched = await here.system.fetch(here.checkout, asOf);
    expect(fetched).toMatchObject({ kind: 'fetched', news: true });
    if (fetched.kind === 'fetched') expect(await here.system.move(here.checkout, fetched)).toEqual({ kind: 'moved' });
    const after = await here.system.currentRevision(here.checkout);
    if (start.kind === 'failed' || after.kind === 'failed') throw new Error('no revision');
    const changes = await here.system.changesBetween(here.checkout, start.revision, after.revision);
    expect(changes.kind === 'changes' && changes.changes.map(({ log }) => log.trim())).toEqual(['two']);
    // And nobody goes back to it once more.
    expect(await here.system.fetch(here.checkout, asOf)).toMatchObject({ kind: 'fetched', news: false });
    expect(await here.system.fetch(here.checkout)).toMatchObject({ kind: 'fetched', news: true });
  });

  able(`whose repository is gone fails without touching anything, and works when it is back${because}`, async () => {
    const here = await scene(type, { log: 'one', write: { a: '1\n' } });
    here.repository.commit({ log: 'two', write: { a: '2\n' } });
    here.repository.vanish();
    const failed = await here.system.fetch(here.checkout);
    expect(failed.kind).toBe('failed');
    expect('message' in failed && failed.message).toContain(here.checkout.source);
    here.repository.reappear();
    expect(Object.keys((await updateByUs(here)).files)).toEqual(['a']);
  });
});

const namesOfFiles = ({ files }: ReadUpdate): string[] => Object.keys(files).sort();

/** Where CTest knows nobody, because a file came with a directory that was copied, we may know more. */
function dropUnknown(files: ReadUpdate['files']): Record<string, object> {
  return Object.fromEntries(
    Object.entries(files).map(([path, file]) => [path, file.author === 'Unknown' ? { kind: file.kind } : file]),
  );
}

async function untilNextSecond(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 1010 - (Date.now() % 1000)));
}
