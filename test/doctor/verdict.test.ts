import { describe, expect, test } from 'vitest';
import type { Examination } from '../../src/doctor/examination.js';
import type { Attempt, Finding, HandOver, Race } from '../../src/doctor/finding.js';
import { duration, judge } from '../../src/doctor/judgement.js';
import { describeFinding, describeSide, describeVerdict } from '../../src/doctor/report.js';
import { choiceOf, type Side } from '../../src/doctor/side.js';
import { verdictOf } from '../../src/doctor/verdict.js';
import { describeFilesystem, STRATEGIES, type Strategy } from '../../src/locks/index.js';

const MAGIC = { ext4: 0xef53, nfs: 0x6969, cifs: 0xff534d42, fuse: 0x65735546 };

function side(type: keyof typeof MAGIC, directory = `/${type}`, change: Partial<Side> = {}): Side {
  return {
    directory,
    path: directory,
    filesystem: describeFilesystem(MAGIC[type]),
    mount: { point: directory, type, source: 'server:/export', options: ['rw', 'hard'] },
    agreement: { kind: 'none' },
    ...change,
  };
}

const agreed = (strategy: Strategy): Partial<Side> => ({ agreement: { kind: 'agreed', strategy } });
const failed = (why: string): Attempt<never> => ({ kind: 'failed', code: 'EXXX', why });
const race = (change: Partial<Race> = {}): Attempt<Race> => ({
  kind: 'done',
  processes: 4,
  names: 60,
  shared: 0,
  unclaimed: 0,
  ...change,
});
const turns = (change: Partial<HandOver> = {}): Attempt<HandOver> => ({
  kind: 'done',
  processes: 4,
  sections: 80,
  overlaps: 0,
  handOvers: 60,
  medianMs: 50,
  longestMs: 200,
  stuck: 0,
  stuckOn: undefined,
  lost: 0,
  ...change,
});
const handOver = (strategy: Strategy, result: Attempt<HandOver>): Finding => ({ check: 'hand-over', strategy, result });
const same: Finding = { check: 'same directory', result: { kind: 'done', seenMs: 3 } };

/** Everything as it should be, but what is given instead. */
function findings(...instead: Finding[]): Examination & { readonly kind: 'examined' } {
  const good: Finding[] = [
    same,
    { check: 'exclusive create', result: race() },
    { check: 'make directory', result: race() },
    ...(['flock', 'fcntl'] as const).map(
      (strategy): Finding => ({ check: 'held lock', strategy, result: { kind: 'done', excludes: true } }),
    ),
    ...STRATEGIES.map((strategy) => handOver(strategy, turns())),
  ];
  const keyOf = (finding: Finding): string => `${finding.check} ${'strategy' in finding ? finding.strategy : ''}`;
  const replaced = new Map([...good, ...instead].map((finding) => [keyOf(finding), finding]));
  return { kind: 'examined', findings: [...replaced.values()] };
}

describe('the verdict', () => {
  test('a file system on which everything works', () => {
    expect(verdictOf([side('nfs')], findings())).toMatchObject({
      works: true,
      recommended: 'lockdir',
      conclusion: 'Use lockdir here, the default.',
      remarks: [],
    });
  });

  test('a local one works for this host only', () => {
    const verdict = verdictOf([side('ext4')], findings());
    expect(verdict).toMatchObject({ works: true, recommended: 'flock' });
    expect(verdict.remarks).toEqual([expect.stringContaining('flock excludes the processes of this host only')]);
  });

  test('flock that does not exclude between two mounts, where lockdir is chosen anyway', () => {
    const broken: Finding = { check: 'held lock', strategy: 'flock', result: { kind: 'done', excludes: false } };
    const verdict = verdictOf([side('nfs', '/a'), side('nfs', '/b')], findings(broken));
    expect(verdict).toMatchObject({ works: true, recommended: 'lockdir', strategies: { flock: { kind: 'fails' } } });
    expect(verdict.conclusion).toBe('Use lockdir here, the default; flock does not exclude between these two mounts.');
  });

  test('strategies that exclude, but get stuck', () => {
    const stuck = (['cifs', 'fcntl'] as const).map((strategy) => handOver(strategy, turns({ lost: 1 })));
    const both = handOver('flock', turns({ lost: 1, overlaps: 1 }));
    expect(verdictOf([side('nfs')], findings(...stuck, both)).conclusion).toBe(
      'Use lockdir here, the default; flock does not exclude here; cifs and fcntl do not work here.',
    );
  });

  test('what is chosen does not work, but another strategy does', () => {
    const verdict = verdictOf(
      [side('nfs', '/a', agreed('fcntl'))],
      findings(handOver('fcntl', turns({ overlaps: 3 }))),
    );
    expect(verdict).toMatchObject({ works: false, recommended: 'lockdir' });
    expect(verdict.conclusion).toBe(
      'Use lockdir here: fcntl, the default, does not work here (80 times held by 4 processes; 3 times by ' +
        'two at once); while nothing runs: echo lockdir > /a/.lock-strategy',
    );
  });

  test('a server that sees its own disk, and its client', () => {
    const verdict = verdictOf([side('ext4', '/srv'), side('nfs', '/mnt')], findings());
    expect(verdict).toMatchObject({ works: false, recommended: 'lockdir' });
    expect(verdict.conclusion).toBe(
      'Use lockdir here: flock is the default in /srv, but does not exclude processes in /mnt (nfs); ' +
        'while nothing runs: echo lockdir > /srv/.lock-strategy',
    );
  });

  test('the same, once it has been set', () => {
    const sides = [side('ext4', '/srv', agreed('lockdir')), side('nfs', '/mnt', agreed('lockdir'))] as const;
    expect(verdictOf(sides, findings())).toMatchObject({ works: true, recommended: 'lockdir' });
  });

  test('nothing works', () => {
    const broken = STRATEGIES.map((strategy) => handOver(strategy, turns({ stuck: 1, stuckOn: 'process 7 of b' })));
    expect(verdictOf([side('fuse')], findings(...broken))).toMatchObject({
      works: false,
      recommended: undefined,
      conclusion:
        'Nothing can be locked here: no strategy works (80 times held by 4 processes; 1 of them then waited 20 s without acquiring it, while process 7 of b held it).',
    });
  });

  test('two directories that are not the same', () => {
    const other: Finding = { check: 'same directory', result: { kind: 'done', seenMs: null } };
    const examined = { kind: 'examined', findings: [other] } as const;
    expect(verdictOf([side('nfs', '/a'), side('nfs', '/b')], examined)).toMatchObject({
      works: false,
      conclusion: '/a and /b are not the same directory; --peer takes another mount of the first one.',
    });
    const unknown = { kind: 'examined', findings: [{ ...other, result: failed('no permission') }] } as const;
    expect(verdictOf([side('nfs', '/a'), side('nfs', '/b')], unknown).conclusion).toBe(
      'Whether /a and /b are the same directory is unknown: no permission.',
    );
  });

  test('a directory in which nothing can be made', () => {
    const verdict = verdictOf([side('ext4')], { kind: 'unusable', why: 'no space left on the disk' });
    expect(verdict).toMatchObject({
      works: false,
      conclusion: 'No lock can be made in /ext4: no space left on the disk.',
    });
  });

  test('an agreement that makes no sense', () => {
    const sides = [side('nfs', '/a', { agreement: { kind: 'unreadable', why: 'it names no lock strategy' } })] as const;
    expect(verdictOf(sides, findings())).toMatchObject({ works: false, recommended: 'lockdir' });
  });

  test.each([
    ['make directory', { lockdir: 'fails', cifs: 'works', flock: 'works' }],
    ['exclusive create', { lockdir: 'fails', cifs: 'fails', flock: 'works' }],
  ] as const)('%s that is not exclusive', (check, worth) => {
    const { strategies } = verdictOf([side('nfs')], findings({ check, result: race({ shared: 1 }) }));
    for (const [strategy, kind] of Object.entries(worth)) expect(strategies).toMatchObject({ [strategy]: { kind } });
  });

  test('what is not possible is no failure, but nothing to choose either', () => {
    const missing: Finding = { check: 'held lock', strategy: 'flock', result: failed('the server grants no locks') };
    const verdict = verdictOf([side('ext4')], findings(missing));
    expect(verdict).toMatchObject({ works: false, recommended: 'lockdir' });
    expect(verdictOf([side('nfs')], findings(missing)).conclusion).toBe('Use lockdir here, the default.');
  });

  test('mount options that no test from one host can show', () => {
    const options = ['vers=3', 'nolock', 'soft'];
    const mount = { point: '/a', type: 'nfs', source: 's:/e', options };
    const { remarks } = verdictOf([side('nfs', '/a', { mount })], findings());
    expect(remarks).toEqual([
      expect.stringContaining('other hosts do not see its flock'),
      expect.stringContaining('soft'),
    ]);
  });
});

describe('the choice', () => {
  test.each([
    [[side('nfs')], ['lockdir']],
    [[side('ext4'), side('ext4')], ['flock']],
    [
      [side('nfs'), side('cifs')],
      ['lockdir', 'cifs'],
    ],
    [[side('ext4', '/a', agreed('fcntl'))], ['fcntl']],
    [[side('ext4', '/a', agreed('cifs')), side('nfs', '/b', agreed('cifs'))], ['cifs']],
  ])('%#', (sides, strategies) => {
    expect(choiceOf(sides)).toEqual({ kind: 'chosen', strategies });
  });

  test.each([
    [[side('ext4'), side('nfs')]],
    [[side('nfs', '/a', agreed('flock'))]],
    [[side('ext4', '/a', agreed('flock')), side('cifs', '/b', agreed('flock'))]],
  ])('conflict %#', (sides) => {
    expect(choiceOf(sides).kind).toBe('conflict');
  });
});

describe('a finding', () => {
  const shared = {
    directoryMode: 0o2775,
    directoryGroup: 7,
    lockDirectoryMode: 0o775,
    recordMode: 0o664,
    lockGroup: 7,
  };
  const sharing = (change: Partial<typeof shared>): Finding => ({
    check: 'group and mode',
    result: { kind: 'done', ...shared, ...change },
  });
  const replacement = {
    kind: 'done',
    renames: 9,
    longestMs: 5,
    reads: 99,
    missing: 0,
    torn: 0,
    errors: {},
    refusals: {},
  } as const;
  const sight = (changeMs: number | null): Finding => ({
    check: 'sight of the other side',
    from: '/a',
    of: '/b',
    result: { kind: 'done', creationMs: 2, changeMs, removalMs: 2 },
  });

  test.each<[string, Finding, 'ok' | 'problem', RegExp]>([
    ['SGID', sharing({}), 'ok', /^lock directories 775, files 664, group 7 as the directory$/],
    ['no SGID', sharing({ lockGroup: 0 }), 'problem', /group 0, not 7/],
    ['masked', sharing({ recordMode: 0o644 }), 'problem', /the group may not write/],
    ['private', sharing({ directoryMode: 0o755, lockGroup: 0 }), 'ok', /no group shares/],
    ['sticky', sharing({ directoryMode: 0o1777 }), 'problem', /sticky/],
    ['whole', { check: 'rename over a file', result: replacement }, 'ok', /9 renames, 99 reads, each got one whole/],
    ['torn', { check: 'rename over a file', result: { ...replacement, torn: 1 } }, 'problem', /1 got part/],
    [
      'stale',
      { check: 'rename over a file', result: { ...replacement, errors: { ESTALE: 3 } } },
      'problem',
      /3 failed \(ESTALE\)/,
    ],
    [
      'busy',
      { check: 'rename over a file', result: { ...replacement, refusals: { EACCES: 1 } } },
      'problem',
      /1 renames were refused \(EACCES\)/,
    ],
    ['slow', { check: 'rename over a file', result: { ...replacement, longestMs: 3e4 } }, 'problem', /took 30 s/],
    ['gone', { check: 'rename over a file', result: { ...replacement, missing: 2 } }, 'problem', /2 found no file/],
    ['ahead', { check: 'clock of the server', result: { kind: 'done', offsetMs: 300 } }, 'ok', /300 ms ahead/],
    ['behind', { check: 'clock of the server', result: { kind: 'done', offsetMs: -9e4 } }, 'problem', /90 s behind/],
    ['links', { check: 'hard links', result: { kind: 'done', supported: false } }, 'ok', /locks do not need them/],
    ['seen', sight(900), 'ok', /\/a sees what \/b makes after 2 ms, changes after 900 ms/],
    ['unseen', sight(null), 'ok', /changes not within 8 s/],
    ['unclaimed', { check: 'exclusive create', result: race({ unclaimed: 1 }) }, 'problem', /no process learned/],
    ['lost', handOver('cifs', turns({ lost: 1 })), 'problem', /vanished/],
    ['never', handOver('cifs', turns({ handOvers: 0 })), 'problem', /never handed over/],
  ])('%s', (_, finding, outcome, text) => {
    const judgement = judge(finding);
    expect(judgement.outcome).toBe(outcome);
    expect(judgement.text).toMatch(text);
  });

  test('late sight is worth a remark, though locks do not depend on it', () => {
    expect(judge(sight(900)).remark).toBeUndefined();
    expect(judge(sight(3000)).remark).toContain('actimeo');
  });

  test('durations have no more digits than they deserve', () => {
    expect([0.2, 3.4, 999, 1234, 9999, 61_000].map(duration)).toEqual([
      '1 ms',
      '3 ms',
      '999 ms',
      '1.2 s',
      '10 s',
      '61 s',
    ]);
  });
});

test('the report', () => {
  expect(describeSide(side('nfs', '/a', agreed('cifs')))).toEqual([
    '/a: nfs, a network file system',
    '  mounted on /a from server:/export (hard)',
    '  strategy cifs, as its .lock-strategy says (its file system suggests lockdir)',
  ]);
  expect(describeFinding({ check: 'make directory', result: race() })).toBe(
    '  make directory          ok            4 processes, 60 names, each made by exactly one',
  );
  expect(describeFinding({ check: 'held lock', strategy: 'fcntl', result: failed('not known') })).toBe(
    '  held fcntl              not possible  not known',
  );
  expect(describeVerdict({ ...verdictOf([side('nfs')], findings()), remarks: ['One.', 'Two.'] })).toEqual([
    'Use lockdir here, the default.',
    '- One.',
    '- Two.',
  ]);
});
