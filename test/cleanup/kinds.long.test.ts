import { spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { cleanUp } from '../../src/cleanup/cleanup.js';
import { thisHost } from '../../src/host/host.js';
import { shortName } from '../../src/locks/index.js';
import { pidIn, script, start } from '../compile/helper.js';
import { because, Contender, canBeOtherUser, canUnsharePids, deadPid, OTHER_USER } from '../locks/processes.js';
import { noOtherUser } from '../support/other-user.js';
import { until } from '../support/until.js';
import {
  age,
  clean,
  everything,
  leaveFile,
  leaveLock,
  objectDirectory,
  recordOf,
  STANDING,
  STANDING_NAMES,
} from './cleaner.js';

const RANDOM = '0123456789abcdef';

/** What a killed compile leaves that had a directory of its own. */
function leaveDirectory(path: string): string {
  mkdirSync(path);
  for (const name of ['c.o', 'c.su']) writeFileSync(join(path, name), '');
  age(path);
  return basename(path);
}

/** A process that lives until the test ends. */
function living(): number {
  const child = spawn('sleep', ['600'], { stdio: 'ignore' });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  return child.pid ?? 0;
}

describe.each(STANDING_NAMES)('a lock (%s)', (kind) => {
  test('of a dead process is removed, whether its record has two fields or three', async () => {
    const directory = objectDirectory();
    leaveLock(kind, join(directory, 'a.o'), recordOf(deadPid()));
    leaveLock(kind, join(directory, 'b.o'), `${recordOf(deadPid())}:1700000000.5\n`);
    const { findings, code } = await clean(directory);
    expect(findings.map(({ fate, what }) => [what, fate])).toEqual([
      ['lock', 'removed'],
      ['lock', 'removed'],
    ]);
    expect(findings[0]?.why).toMatch(/^its process no longer exists$/);
    expect(everything(directory)).toEqual([]);
    expect(code).toBe(0);
  });

  test('of a living process stays', async () => {
    const directory = objectDirectory();
    // A lock older than its process would be that of another one with the same pid.
    const name = leaveLock(kind, join(directory, 'a.o'), recordOf(living()), 0);
    const { fates, code } = await clean(directory, ['--min-lock-age=0']);
    expect(fates()).toEqual({ [name]: 'in-use' });
    expect(existsSync(join(directory, name))).toBe(true);
    expect(code).toBe(0);
  });

  test('of a dead process whose pid another one has by now is removed', async () => {
    const directory = objectDirectory();
    leaveLock(kind, join(directory, 'a.o'), recordOf(living()));
    const { findings } = await clean(directory);
    expect(findings[0]).toMatchObject({ fate: 'removed' });
    expect(findings[0]?.why).toContain('started after the lock was made');
    expect(everything(directory)).toEqual([]);
  });

  test('of another host stays, even if that host cannot be called', async () => {
    const directory = objectDirectory();
    const name = leaveLock(kind, join(directory, 'a.o'), 'elsewhere:4711');
    const { findings, code } = await clean(directory);
    expect(findings).toMatchObject([{ fate: 'unknown', owner: { host: 'elsewhere', pid: 4711 } }]);
    expect(findings[0]?.why).toContain('only elsewhere can tell');
    expect(existsSync(join(directory, name))).toBe(true);
    expect(code).toBe(0);
  });

  test('that is young stays, and --min-lock-age says what is young', async () => {
    const directory = objectDirectory();
    const name = leaveLock(kind, join(directory, 'a.o'), recordOf(deadPid()), 300);
    expect((await clean(directory)).fates()).toEqual({ [name]: 'young' });
    expect((await clean(directory, [], { environment: { CT_LOCK_TIMEOUT: '1000' } })).fates()).toEqual({
      [name]: 'young',
    });
    expect((await clean(directory, ['--min-lock-age=290'])).fates()).toEqual({ [name]: 'removed' });
  });

  test('that has no name is removed by its age', async () => {
    const directory = objectDirectory();
    leaveLock(kind, join(directory, 'young.o'), '', 300);
    leaveLock(kind, join(directory, 'old.o'), '', 7200);
    if (kind === 'lockdir') {
      for (const name of ['young.o', 'old.o']) unlinkSync(join(directory, `${name}.lockdir`, 'pid'));
      age(join(directory, 'young.o.lockdir'), 300);
      age(join(directory, 'old.o.lockdir'), 7200);
    }
    const { stands } = STANDING[kind];
    expect((await clean(directory)).fates()).toEqual({ [`young.o${stands}`]: 'young', [`old.o${stands}`]: 'removed' });
    expect(everything(directory)).toEqual([`young.o${stands}`]);
  });

  test('whose record makes no sense stays', async () => {
    const directory = objectDirectory();
    const name = leaveLock(kind, join(directory, 'a.o'), 'what is this');
    const { findings } = await clean(directory);
    const clear = `rm -rf ${join(directory, `a.o${STANDING[kind].stands}`)}`;
    expect(findings).toMatchObject([{ fate: 'unknown', why: 'its owner record cannot be parsed', clear }]);
    expect(existsSync(join(directory, name))).toBe(true);
  });

  test.skipIf(!canBeOtherUser)(
    `whose record may not be read stays${because(canBeOtherUser, noOtherUser)}`,
    async () => {
      const directory = objectDirectory();
      chmodSync(directory, 0o777);
      const name = leaveLock(kind, join(directory, 'a.o'), recordOf(deadPid()));
      chmodSync(join(directory, `a.o${STANDING[kind].record}`), 0o600);
      const { findings, code } = await clean(directory, [], { through: OTHER_USER });
      expect(findings).toMatchObject([{ fate: 'unknown', why: 'no permission to read its owner record' }]);
      expect(existsSync(join(directory, name))).toBe(true);
      expect(code).toBe(0);
    },
  );

  test.skipIf(!canBeOtherUser)(
    `that we may not remove is told, and makes exit code 1${because(canBeOtherUser, noOtherUser)}`,
    async () => {
      for (const mode of [0o755, 0o1777]) {
        const directory = objectDirectory();
        chmodSync(directory, mode);
        const name = leaveLock(kind, join(directory, 'a.o'), recordOf(deadPid()));
        const temporary = leaveFile(join(directory, `b.o.${deadPid()}.${RANDOM}.tmp`));
        const { fates, code, stderr } = await clean(directory, [], { through: OTHER_USER });
        expect(fates()).toEqual({ [name]: 'failed', [temporary]: 'failed' });
        expect(stderr).toContain(`FAILED ${join(directory, name)}, lock of `);
        expect(stderr).toMatch(/no permission to remove it \(E(ACCES|PERM)\)/);
        expect(code).toBe(1);
        expect(readFileSync(join(directory, `a.o${STANDING[kind].record}`), 'utf8')).toContain(':');
      }
    },
  );
});

describe('what a killed ct-lock-helper leaves', () => {
  test.each(['lockdir', 'cifs', 'flock', 'fcntl'])('is removed (%s)', async (strategy) => {
    const directory = objectDirectory();
    const command = script(directory, 'produce', 'echo half > "$last"; echo $$ > self; exec sleep 600');
    const args = ['compile', '--target=a.o', `--strategy=${strategy}`, '--', command];
    const { child, pid, ended } = start(args, { cwd: directory });
    const worker = await pidIn(join(directory, 'self'));
    const before = await clean(directory, ['--min-lock-age=0']);
    expect(new Set(Object.values(before.fates()))).toEqual(new Set(['in-use']));
    child.kill('SIGKILL');
    await ended;
    await until('the compile has died with it', () => thisHost().process(worker).kind !== 'running');
    const { fates } = await clean(directory, ['--min-lock-age=0']);
    const left = Object.keys(fates());
    expect(left.some((name) => name.startsWith(`a.o.${pid}.`))).toBe(true);
    expect(new Set(Object.values(fates()))).toEqual(new Set(['removed']));
    const stay = strategy === 'lockdir' ? [] : ['a.o.lock'];
    expect(everything(directory)).toEqual([...stay, 'produce', 'self']);
  });
});

describe('a temporary', () => {
  const dead = deadPid();

  test('of a dead process is removed, of all forms', async () => {
    const directory = objectDirectory();
    writeFileSync(join(directory, 'a.o'), 'whole');
    const names = [
      leaveFile(join(directory, `a.o.${dead}.${RANDOM}.tmp`)),
      leaveFile(join(directory, `a.o.${dead}.12345.tmp`)),
      leaveFile(join(directory, `a.o.${dead}.be1f.tmp`)),
      leaveFile(join(directory, `b.tmp-${dead}-${RANDOM}.o`)),
      leaveFile(join(directory, `b.tmp-${dead}-${RANDOM}.d`)),
      leaveFile(join(directory, `new.o.${dead}.${RANDOM}.tmp`)),
      leaveDirectory(join(directory, `c.o.${dead}.${RANDOM}.tmp`)),
    ];
    const { fates } = await clean(directory);
    expect(fates()).toEqual(Object.fromEntries(names.map((name) => [name, 'removed'])));
    expect(everything(directory)).toEqual(['a.o']);
  });

  test('stays while it is young, while its process runs, and where only its name speaks of a compile', async () => {
    const directory = objectDirectory();
    const alive = living();
    const young = leaveFile(join(directory, `a.o.${dead}.${RANDOM}.tmp`), 'x', 60);
    const used = leaveFile(join(directory, `a.o.${alive}.${RANDOM}.tmp`), 'x', 0);
    const foreign = leaveFile(join(directory, `report.${dead}.11.tmp`));
    expect((await clean(directory)).fates()).toEqual({ [young]: 'young', [used]: 'in-use', [foreign]: 'unknown' });
    expect(everything(directory)).toEqual([young, used, foreign].sort());
  });

  test.each(STANDING_NAMES)('stays while another host holds the lock of its target (%s)', async (kind) => {
    const directory = objectDirectory();
    const lock = leaveLock(kind, join(directory, 'a.o'), 'elsewhere:4711');
    const names = [
      leaveFile(join(directory, `a.o.${dead}.${RANDOM}.tmp`)),
      leaveFile(join(directory, `a.o.${dead}.12345.tmp`)),
      leaveFile(join(directory, `a.tmp-${dead}-${RANDOM}.o`)),
    ];
    expect((await clean(directory)).fates()).toEqual({
      [lock]: 'unknown',
      ...Object.fromEntries(names.map((name) => [name, 'in-use'])),
    });
    const other = leaveFile(join(directory, `b.tmp-${dead}-${RANDOM}.o`));
    expect((await clean(directory)).fates()).toMatchObject({ [other]: 'removed' });
  });

  test.each(['flock', 'fcntl'] as const)(
    'stays while the kernel holds the lock of its target (%s)',
    async (strategy) => {
      const directory = objectDirectory();
      const holder = new Contender('hold', { target: join(directory, 'a.o'), strategy });
      await holder.line();
      const names = [
        leaveFile(join(directory, `a.o.${dead}.${RANDOM}.tmp`)),
        leaveFile(join(directory, `a.tmp-${dead}-${RANDOM}.o`)),
      ];
      expect((await clean(directory)).fates()).toEqual(Object.fromEntries(names.map((name) => [name, 'in-use'])));
      holder.say();
      await holder.line();
      expect((await clean(directory)).fates()).toEqual(Object.fromEntries(names.map((name) => [name, 'removed'])));
      expect(everything(directory)).toEqual(['a.o.lock']);
    },
  );

  test('goes together with the stale lock of its target', async () => {
    const directory = objectDirectory();
    leaveLock('lockdir', join(directory, 'a.o'), recordOf(dead));
    leaveFile(join(directory, `a.o.${dead}.12345.tmp`));
    expect(Object.values((await clean(directory, ['--dry-run'])).fates())).toEqual(['would-remove', 'would-remove']);
    expect(Object.values((await clean(directory)).fates())).toEqual(['removed', 'removed']);
    expect(everything(directory)).toEqual([]);
  });

  test('that was needed for an instant is removed after an hour, and so is a lock that was moved away', async () => {
    const directory = objectDirectory();
    const passing = [`.${dead}.${RANDOM}.tmp`, `a.o.lock.excl.${dead}.${RANDOM}.tmp`];
    for (const name of passing) leaveFile(join(directory, name));
    const moved = `a.o.lockdir.${dead}.${RANDOM}.tmp`;
    leaveLock('lockdir', join(directory, 'a.o'), recordOf(dead));
    writeFileSync(join(directory, 'a.o.lockdir', '.nfs000000000000a1b200000001'), 'host:1');
    renameSync(join(directory, 'a.o.lockdir'), join(directory, moved));
    const full = `b.o.lockdir.${dead}.${RANDOM}.tmp`;
    mkdirSync(join(directory, full, 'thesis'), { recursive: true });
    // The time of their last change cannot be set back, so the clock goes forward.
    const fatesAfter = async (ms: number): Promise<Record<string, string>> => {
      const fates: Record<string, string> = {};
      await cleanUp({
        roots: [directory],
        dryRun: false,
        minAgeMs: 0,
        overdueMs: 600_000,
        sshTimeoutS: 0,
        environment: {},
        host: { ...thisHost(), now: () => Date.now() + ms },
        onFinding: ({ path, fate }) => {
          fates[path.slice(directory.length + 1)] = fate;
        },
        onProgress: () => undefined,
      });
      return fates;
    };
    const all = [...passing, moved, full];
    expect(await fatesAfter(3_500_000)).toEqual(Object.fromEntries(all.map((name) => [name, 'young'])));
    expect(await fatesAfter(3_700_000)).toEqual({
      ...Object.fromEntries(all.map((name) => [name, 'removed'])),
      [full]: 'failed',
    });
    expect(everything(directory)).toEqual([full, `${full}/thesis`]);
  });
});

test('lock files on which the kernel locks are counted and stay: older tools may be waiting on them', async () => {
  const directory = objectDirectory();
  leaveFile(join(directory, 'a.o.lock'), '');
  leaveFile(join(directory, '.lock-strategy'), 'flock\n');
  const { baseFiles, findings } = await clean(directory, ['--min-lock-age=0']);
  expect({ baseFiles, findings }).toEqual({ baseFiles: 1, findings: [] });
  expect(everything(directory)).toEqual(['.lock-strategy', 'a.o.lock']);
});

test('a dry run changes nothing at all', async () => {
  const directory = objectDirectory();
  for (const kind of STANDING_NAMES) leaveLock(kind, join(directory, `${kind}.o`), recordOf(deadPid()));
  leaveFile(join(directory, `a.o.${deadPid()}.${RANDOM}.tmp`));
  const states = (): unknown =>
    ['.', ...everything(directory)].map((name) => {
      const { ino, mode, mtimeNs, ctimeNs } = statSync(join(directory, name), { bigint: true });
      return [name, ino, mode, mtimeNs, ctimeNs];
    });
  const before = states();
  const { fates, code } = await clean(directory, ['--dry-run']);
  expect(Object.values(fates())).toEqual(['would-remove', 'would-remove', 'would-remove', 'would-remove']);
  expect(code).toBe(0);
  expect(states()).toEqual(before);
});

test('in a deep tree everything is found, and nothing outside through symbolic links', async () => {
  const directory = objectDirectory();
  const outside = objectDirectory();
  const deep = join(directory, ...Array.from({ length: 60 }, (_, depth) => `level${depth}`));
  mkdirSync(deep, { recursive: true });
  leaveLock('cifs', join(deep, 'a.o'), recordOf(deadPid()));
  const dead = deadPid();
  leaveLock('lockdir', join(outside, 'b.o'), recordOf(dead));
  leaveFile(join(outside, 'pid'), recordOf(dead));
  leaveFile(join(outside, `c.o.${dead}.${RANDOM}.tmp`));
  const before = everything(outside);
  symlinkSync(outside, join(directory, 'elsewhere'));
  symlinkSync(outside, join(directory, 'd.o.lockdir'));
  symlinkSync(join(outside, 'pid'), join(directory, 'e.o.lock.excl'));
  symlinkSync(outside, join(directory, `f.o.lockdir.${dead}.${RANDOM}.tmp`));
  symlinkSync(join(outside, 'pid'), join(directory, `g.o.${dead}.${RANDOM}.tmp`));
  mkdirSync(join(directory, 'h.o.lockdir'));
  symlinkSync(join(outside, 'pid'), join(directory, 'h.o.lockdir', 'pid'));
  age(join(directory, 'h.o.lockdir'));
  const { findings } = await clean(directory, ['--min-lock-age=0']);
  const names = findings.map(({ path, fate, why }) => [
    path
      .slice(directory.length + 1)
      .split('/')
      .at(-1),
    fate,
    why,
  ]);
  expect(names.filter(([, fate]) => fate === 'removed').map(([name]) => name)).toEqual(['a.o.lock.excl']);
  expect(names).toContainEqual(['d.o.lockdir', 'unknown', 'is a symbolic link, not a lock; remove it']);
  expect(names).toContainEqual(['e.o.lock.excl', 'unknown', 'is a symbolic link, not a lock; remove it']);
  expect(names.find(([name]) => name === 'h.o.lockdir')?.[1]).toBe('unknown');
  expect(everything(outside)).toEqual(before);
  expect(readFileSync(join(outside, 'pid'), 'utf8')).toBe(recordOf(dead));
});

test('a hard link in place of a lock loses a name and not its content', async () => {
  const directory = objectDirectory();
  const precious = leaveFile(join(directory, 'precious'), recordOf(deadPid()));
  linkSync(join(directory, precious), join(directory, 'a.o.lock.excl'));
  linkSync(join(directory, precious), join(directory, `a.o.${deadPid()}.${RANDOM}.tmp`));
  await clean(directory);
  expect(everything(directory)).toEqual(['precious']);
  expect(readFileSync(join(directory, 'precious'), 'utf8')).toContain(':');
});

test.skipIf(!canBeOtherUser)(
  `a directory that may not be read is told and makes exit code 1; the rest is cleaned${because(canBeOtherUser, noOtherUser)}`,
  async () => {
    const directory = objectDirectory();
    for (const name of ['open', 'closed', 'blind']) {
      mkdirSync(join(directory, name));
      chmodSync(join(directory, name), 0o777);
      leaveLock('cifs', join(directory, name, 'a.o'), recordOf(deadPid()));
    }
    chmodSync(join(directory, 'closed'), 0o700);
    chmodSync(join(directory, 'blind'), 0o744);
    const { fates, problems, code, stderr } = await clean(directory, [], { through: OTHER_USER });
    expect(fates()).toEqual({ 'open/a.o.lock.excl': 'removed', 'blind/a.o.lock.excl': 'failed' });
    expect(problems).toEqual([{ path: join(directory, 'closed'), why: 'no permission to read this directory' }]);
    expect(stderr).toContain('no permission to read');
    expect(stderr).toContain('it could not be looked at (EACCES)');
    expect(code).toBe(1);
  },
);

test.skipIf(!canUnsharePids)(
  `in a container the locks of the host are left to the host${because(canUnsharePids, 'no PID namespaces')}`,
  async () => {
    const directory = objectDirectory();
    const name = leaveLock('lockdir', join(directory, 'a.o'), `${hostname()}:${deadPid()}`);
    const { fates } = await clean(directory, [], { through: ['unshare', '-p', '-f', '--mount-proc'] });
    expect(fates()).toEqual({ [name]: 'unknown' });
  },
);

describe('of a target with so long a name that its locks and temporaries have short ones', () => {
  const name = `${'n'.repeat(63)}${'ü'.repeat(95)}.o`;

  test.each(STANDING_NAMES)('a lock is removed and its target named (%s)', async (kind) => {
    const directory = objectDirectory();
    leaveLock(kind, join(directory, shortName(name)), recordOf(deadPid()));
    leaveFile(join(directory, name));
    const { findings, code } = await clean(directory);
    expect(findings).toMatchObject([{ what: 'lock', fate: 'removed', target: join(directory, name) }]);
    expect(everything(directory)).toEqual([name]);
    expect(code).toBe(0);
  });

  test.each(STANDING_NAMES)('a lock whose target is gone says so (%s)', async (kind) => {
    const directory = objectDirectory();
    leaveLock(kind, join(directory, shortName(name)), recordOf(deadPid()));
    const { findings } = await clean(directory);
    expect(findings).toMatchObject([{ what: 'lock', fate: 'removed', target: null }]);
    expect(everything(directory)).toEqual([]);
  });

  test('a temporary is removed when the lock is free, and stays while it is held', async () => {
    const directory = objectDirectory();
    const long = `${'n'.repeat(240)}.o`; // its T.lock has room, its temporary has none
    const temporary = `${shortName(long)}.${deadPid()}.${RANDOM}.tmp`;
    leaveFile(join(directory, temporary));
    leaveFile(join(directory, long));
    const made = leaveLock('lockdir', join(directory, long), recordOf(living()), 0);
    expect((await clean(directory)).fates()).toMatchObject({ [temporary]: 'in-use' });
    rmSync(join(directory, made), { recursive: true });
    expect((await clean(directory)).fates()).toMatchObject({ [temporary]: 'removed' });
    expect(everything(directory)).toEqual([long]);
  });
});

describe('of targets whose locks are in a directory of their own', () => {
  test.each(STANDING_NAMES)('a lock is removed and its target named (%s)', async (kind) => {
    const directory = objectDirectory();
    const locks = join(objectDirectory(), 'locks');
    mkdirSync(join(directory, 'sub'));
    mkdirSync(locks);
    const there = `..%2F${basename(dirname(directory))}%2F${basename(directory)}`;
    const base = join(locks, `..%2F${there}%2Fsub%2Fa.o`);
    leaveLock(kind, join(locks, 'b.o'), recordOf(deadPid()));
    leaveLock(kind, base, recordOf(deadPid()));
    const { findings, code } = await clean(directory, [], { environment: { CT_LOCK_DIR: locks } });
    expect(findings.map(({ fate }) => fate)).toEqual(['removed', 'removed']);
    expect(findings.map(({ target }) => target)).toContain(join(dirname(locks), 'b.o'));
    expect(everything(locks)).toEqual([]);
    expect(code).toBe(0);
  });

  test('a temporary stays while the lock there is held', async () => {
    const directory = objectDirectory();
    writeFileSync(join(directory, '.lock-strategy'), 'locks=.locks\n');
    mkdirSync(join(directory, 'sub'));
    mkdirSync(join(directory, '.locks'));
    const names = [`sub/a.o.${deadPid()}.${RANDOM}.tmp`, `sub/a.tmp-${deadPid()}-${RANDOM}`];
    for (const name of names) leaveFile(join(directory, name));
    const lock = leaveLock('lockdir', join(directory, '.locks', 'sub%2Fa.o'), recordOf(living()), 0);
    expect((await clean(directory)).fates()).toMatchObject({ [names[0] ?? '']: 'in-use', [names[1] ?? '']: 'in-use' });
    rmSync(join(directory, '.locks', basename(lock)), { recursive: true });
    expect((await clean(directory)).fates()).toMatchObject({
      [names[0] ?? '']: 'removed',
      [names[1] ?? '']: 'removed',
    });
  });

  test.skipIf(process.getuid?.() !== 0)('so in a directory that all users may write', async () => {
    const directory = objectDirectory();
    chmodSync(directory, 0o1777);
    mkdirSync(join(directory, '.ct-locks.1002'));
    leaveFile(join(directory, `a.o.${deadPid()}.${RANDOM}.tmp`));
    leaveFile(join(directory, `b.o.${deadPid()}.${RANDOM}.tmp`));
    leaveLock('cifs', join(directory, '.ct-locks.1002', 'a.o'), recordOf(living()), 0);
    const { fates, findings } = await clean(directory);
    expect(Object.values(fates()).sort()).toEqual(['in-use', 'in-use', 'removed']);
    expect(findings.map(({ target }) => target)).toContain(join(directory, 'a.o'));
  });
});

test('a temporary beside a link stays while the lock of what the link leads to is held', async () => {
  const directory = objectDirectory();
  mkdirSync(join(directory, 'real'));
  symlinkSync('real/a.s', join(directory, 'a.s')); // leads to nothing yet
  const names = [`a.s.${deadPid()}.${RANDOM}.tmp`, `a.tmp-${deadPid()}-${RANDOM}`];
  for (const name of names) leaveFile(join(directory, name));
  const lock = leaveLock('lockdir', join(directory, 'real', 'a.s'), recordOf(living()), 0);
  expect((await clean(directory)).fates()).toMatchObject({ [names[0] ?? '']: 'in-use', [names[1] ?? '']: 'in-use' });
  rmSync(join(directory, 'real', basename(lock)), { recursive: true });
  expect((await clean(directory)).fates()).toMatchObject({ [names[0] ?? '']: 'removed', [names[1] ?? '']: 'removed' });
});
