import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import * as library from '../../src/locks/library.js';
import { type HeldLock, LockError, type LockErrorCode, openLock, STRATEGIES } from '../../src/locks/library.js';
import { noOtherUser } from '../support/other-user.js';
import {
  because,
  Contender,
  canBeOtherUser,
  canMount,
  OTHER_USER,
  smallTmpfs,
  temporaryDirectory,
  withoutKoffi,
} from './processes.js';

const targetIn = (directory: string): string => join(directory, 'x.o');

test('nothing is exported that is no lock', () => {
  expect(Object.keys(library).sort()).toEqual([
    'DEFAULT_SETTINGS',
    'LockError',
    'STRATEGIES',
    'describeHolder',
    'explainNotice',
    'isStrategy',
    'openLock',
    'openSlots',
    'removalCommand',
    'settingsFromEnvironment',
  ]);
});

describe.each(STRATEGIES)('a %s lock', (strategy) => {
  test('is released at the end of a block that is using it', async () => {
    const lock = openLock(targetIn(temporaryDirectory()), { strategy });
    {
      using held = lock.try();
      expect(held).toBeDefined();
      expect(lock.try()).toBeUndefined();
    }
    {
      await using held = lock.try();
      expect(held?.isOurs()).toBe(true);
    }
    const inside = (): void => {
      using _ = lock.try();
      throw new Error('of the work');
    };
    expect(inside).toThrow('of the work');
    const held = lock.try();
    expect(held?.release()).toBe('released');
    held?.[Symbol.dispose](); // a second time does nothing
    await held?.[Symbol.asyncDispose]();
    expect(lock.try()).toBeDefined();
  });

  test('says whether it is still ours', () => {
    const lock = openLock(targetIn(temporaryDirectory()), { strategy });
    const held = lock.try();
    expect(held?.isOurs()).toBe(true);
    rmSync(lock.path, { recursive: true });
    expect(held?.isOurs()).toBe(false);
    const next = lock.try();
    expect([held?.isOurs(), next?.isOurs()]).toEqual([false, true]);
    held?.release();
    expect(next?.isOurs()).toBe(true);
    next?.release();
    expect(next?.isOurs()).toBe(false);
  });

  test('that this process has taken again is not given back by who had lost it', () => {
    const lock = openLock(targetIn(temporaryDirectory()), { strategy });
    const lost = lock.try();
    rmSync(lock.path, { recursive: true });
    const held = lock.try();
    lost?.release();
    expect(held?.isOurs()).toBe(true);
    expect(held?.release()).toBe('released');
  });

  test('has no token and makes no file for one unless asked to', () => {
    const directory = temporaryDirectory();
    expect(openLock(targetIn(directory), { strategy }).try()?.token).toBeUndefined();
    expect(readdirSync(directory).some((name) => name.includes('token'))).toBe(false);
  });

  test('has a larger token each time, also after it was removed by force and after its owner was killed', async () => {
    const directory = temporaryDirectory();
    const target = targetIn(directory);
    const lock = openLock(target, { strategy, fencing: true });
    const tokens: number[] = [];
    const keep = (held: HeldLock | undefined): HeldLock => {
      if (held?.token === undefined) throw new Error('not ours');
      tokens.push(held.token);
      return held;
    };
    keep(lock.try()).release();
    const lost = keep(lock.try());
    rmSync(lock.path, { recursive: true });
    keep(lock.try()).release();
    lost.release();
    expect((await lock.acquire()).kind).toBe('acquired');
    rmSync(lock.path, { recursive: true });
    const script = `import { openLock } from ${JSON.stringify(join(import.meta.dirname, '../../dist/locks.js'))};
      console.log(openLock(process.argv[1], { strategy: process.argv[2], fencing: true }).try().token);
      process.kill(process.pid, 'SIGKILL');`;
    const node = [process.execPath, '--input-type=module', '-e', script, target, strategy];
    tokens.push(
      Number(execFileSync('sh', ['-c', '"$@" || true', 'sh', ...node], { stdio: ['ignore', 'pipe', 'ignore'] })),
    );
    const acquisition = await lock.acquire({ timeoutMs: 30_000 });
    if (acquisition.kind === 'acquired') keep(acquisition.lock).release();
    expect(tokens).toEqual([1, 2, 3, 5, 6]);
  });

  test('of several processes never has a token twice, and later ones are larger', async () => {
    const directory = temporaryDirectory();
    const script = `import { openLock } from ${JSON.stringify(join(import.meta.dirname, '../../dist/locks.js'))};
      import { appendFileSync } from 'node:fs';
      const lock = openLock(process.argv[1], { strategy: process.argv[2], fencing: true });
      for (let i = 0; i < 40; i++) { const { lock: held } = await lock.acquire();
        appendFileSync(process.argv[1] + '.order', held.token + '\\n'); held.release(); }`;
    const program = `for n in 1 2 3; do "$0" --input-type=module -e "$1" "$2" "$3" & done; wait`;
    execFileSync('sh', ['-c', program, process.execPath, script, targetIn(directory), strategy]);
    const order = readFileSync(`${targetIn(directory)}.order`, 'utf8')
      .trim()
      .split('\n')
      .map(Number);
    expect(order).toEqual(Array.from({ length: 120 }, (_, index) => index + 1));
  });
});

describe('a token', () => {
  test('does not come from a file that another tool empties', () => {
    const target = targetIn(temporaryDirectory());
    const lock = openLock(target, { strategy: 'flock', fencing: true });
    const take = (): number | undefined => {
      using held = lock.try();
      return held?.token;
    };
    expect(take()).toBe(1);
    execFileSync('sh', ['-c', 'exec 9>"$1.lock"', 'sh', target]);
    expect(take()).toBe(2);
  });

  test('is not had by way of a link, and the lock is free again', () => {
    for (const strategy of STRATEGIES) {
      const directory = temporaryDirectory();
      const lock = openLock(targetIn(directory), { strategy, fencing: true });
      const victim = join(directory, 'victim');
      writeFileSync(victim, 'mine');
      symlinkSync(victim, `${targetIn(directory)}.lock.token`);
      expect(codeOf(() => lock.try())).toBe('not-a-lock');
      rmSync(`${targetIn(directory)}.lock.token`);
      linkSync(victim, `${targetIn(directory)}.lock.token`);
      expect(codeOf(() => lock.try())).toBe('not-a-lock');
      expect(readFileSync(victim, 'utf8')).toBe('mine');
      rmSync(`${targetIn(directory)}.lock.token`);
      expect(lock.try()?.token).toBe(1);
    }
  });

  test('is not had by who was stopped while the lock was taken from him', () => {
    const directory = temporaryDirectory();
    const target = targetIn(directory);
    // The file to count in is a FIFO's place for as long as it takes to have the lock removed: here, a removal in the middle.
    const lock = openLock(target, { strategy: 'lockdir', fencing: true });
    const script = `import fs from 'node:fs'; import { syncBuiltinESMExports } from 'node:module';
      const datasync = fs.fdatasyncSync;
      fs.fdatasyncSync = (fd) => { fs.rmSync(process.argv[1] + '.lockdir', { recursive: true }); datasync(fd); };
      syncBuiltinESMExports();
      const { openLock } = await import(${JSON.stringify(join(import.meta.dirname, '../../dist/locks.js'))});
      console.log(openLock(process.argv[1], { strategy: 'lockdir', fencing: true }).try());`;
    const said = execFileSync(process.execPath, ['--input-type=module', '-e', script, target]).toString();
    expect(said.trim()).toBe('undefined');
    expect(lock.try()?.token).toBe(2);
  });
});

describe('a lock directory of the library', () => {
  const modesOf = (umask: string, mode: number): string[] => {
    const directory = temporaryDirectory();
    chmodSync(directory, mode);
    const script = `import { openLock } from ${JSON.stringify(join(import.meta.dirname, '../../dist/locks.js'))};
      openLock(process.argv[1], { strategy: 'lockdir' }).try();`;
    const node = [process.execPath, '--input-type=module', '-e', script, targetIn(directory)];
    execFileSync('sh', ['-c', `umask ${umask} && exec "$@"`, 'sh', ...node]);
    return ['x.o.lockdir', 'x.o.lockdir/pid'].map((name) => (statSync(join(directory, name)).mode & 0o777).toString(8));
  };

  test('can be removed by whoever may write where it stands', () => {
    for (const umask of ['000', '002', '022', '077'])
      for (const mode of [0o2775, 0o775, 0o777, 0o1777])
        expect([umask, mode, modesOf(umask, mode)]).toEqual([umask, mode, ['775', '664']]);
  });

  test('can be read by everybody also where only its owner may write', () => {
    expect(modesOf('022', 0o755)).toEqual(['755', '644']);
    expect(modesOf('022', 0o700)).toEqual(['755', '644']);
    expect(modesOf('077', 0o755)).toEqual(['775', '664']);
    expect(modesOf('027', 0o755)).toEqual(['775', '664']);
  });

  test('follows its directory when that is shared later', async () => {
    const directory = temporaryDirectory();
    const lock = openLock(targetIn(directory), { strategy: 'lockdir' });
    lock.try()?.release();
    chmodSync(directory, 0o775);
    await expect
      .poll(() => {
        using _ = lock.try();
        return statSync(lock.path).mode & 0o777;
      })
      .toBe(0o775);
  });

  test.skipIf(!canBeOtherUser)(
    `that a dead process has left is removed by another user once its directory is shared${because(canBeOtherUser, noOtherUser)}`,
    async () => {
      const directory = temporaryDirectory();
      const target = targetIn(directory);
      const script = `import { openLock } from ${JSON.stringify(join(import.meta.dirname, '../../dist/locks.js'))};
        openLock(process.argv[1], { strategy: 'lockdir' }).try();`;
      execFileSync(process.execPath, ['--input-type=module', '-e', script, target]);
      chownSync(directory, 0, 65534);
      chmodSync(directory, 0o2775);
      const holder = new Contender('hold', { target, strategy: 'lockdir' }, { through: OTHER_USER });
      expect(await holder.line()).toBe('held');
    },
  );
});

test.each(STRATEGIES)('a %s lock is kept where ct-lock-helper keeps it', async (strategy) => {
  const root = temporaryDirectory();
  mkdirSync(join(root, 'sub'));
  writeFileSync(join(root, '.lock-strategy'), `${strategy}\nlocks=locks\n`);
  const target = join(root, 'sub', 'x.o');
  using held = openLock(target, { strategy, fencing: true }).try();
  expect(held?.token).toBe(1);
  expect(readdirSync(join(root, 'sub'))).toEqual([]);
  const helper = [join(import.meta.dirname, '../../dist/ct-lock-helper.js'), 'link', `--target=${target}`];
  const waiting = spawn(process.execPath, [...helper, `--strategy=${strategy}`, '--', 'touch', target], {
    env: { ...process.env, CT_LOCK_WARN_INTERVAL: '0.2' },
  });
  const ended = once(waiting, 'close');
  // What it writes must not come into the way of the removal.
  onTestFinished(async () => {
    waiting.kill('SIGKILL');
    await ended;
  });
  let said = '';
  waiting.stderr.on('data', (text) => {
    said += text;
  });
  await vi.waitFor(() => expect(said).toContain(`waiting for the lock on ${target} (${held?.path}): held by pid `), {
    timeout: 30_000,
  });
  expect(readdirSync(join(root, 'sub'))).toEqual([]);
});

test("a lock in a directory that is everybody's is for all users, beside its target", () => {
  const directory = temporaryDirectory();
  chmodSync(directory, 0o1777);
  using held = openLock(targetIn(directory), { strategy: 'lockdir' }).try();
  expect(held?.path).toBe(`${targetIn(directory)}.lockdir`);
  expect(readdirSync(directory)).toEqual(['x.o.lockdir']);
});

describe('an error of a lock has a code', () => {
  test('for a directory that does not exist, or is none', () => {
    const directory = temporaryDirectory();
    expect(codeOf(() => openLock(join(directory, 'no', 'x.o')))).toBe('no-directory');
    writeFileSync(join(directory, 'file'), '');
    expect(codeOf(() => openLock(join(directory, 'file', 'x.o')))).toBe('no-directory');
    const lock = openLock(targetIn(directory), { strategy: 'lockdir' });
    rmSync(directory, { recursive: true });
    expect(codeOf(() => lock.try())).toBe('no-directory');
    mkdirSync(directory);
  });

  test('for something else in its place', () => {
    const directory = temporaryDirectory();
    for (const strategy of ['flock', 'fcntl', 'cifs'] as const) {
      const lock = openLock(targetIn(directory), { strategy });
      symlinkSync('elsewhere', `${targetIn(directory)}.lock`);
      expect([strategy, codeOf(() => lock.try())]).toEqual([strategy, 'not-a-lock']);
      rmSync(`${targetIn(directory)}.lock`);
    }
    symlinkSync('elsewhere', `${targetIn(directory)}.lockdir`);
    expect(codeOf(() => openLock(targetIn(directory), { strategy: 'lockdir' }).inspect())).toBe('not-a-lock');
    writeFileSync(join(directory, '.lock-strategy'), 'nonsense\n');
    expect(codeOf(() => openLock(targetIn(directory)))).toBe('not-a-lock');
  });

  test.skipIf(!canMount)('for a disk that is full (needs root)', () => {
    const directory = smallTmpfs();
    const locks = (['lockdir', 'cifs'] as const).map((strategy) => openLock(targetIn(directory), { strategy }));
    for (let number = 0; ; number++) {
      try {
        writeFileSync(join(directory, `fill${number}`), 'x'.repeat(4096));
      } catch {
        break;
      }
    }
    for (const lock of locks) expect([lock.strategy, codeOf(() => lock.try())]).toEqual([lock.strategy, 'no-space']);
  });

  test('for a strategy that cannot be had', () => {
    const script = `const { openLock } = await import(process.argv[1]);
      try { openLock(process.argv[2], { strategy: 'fcntl' }); } catch (error) { console.log(error.name, error.code); }`;
    const copy = join(withoutKoffi(), '../../locks.js');
    const node = ['--input-type=module', '-e', script, copy, targetIn(temporaryDirectory())];
    expect(execFileSync(process.execPath, node).toString().trim()).toBe('LockError unsupported');
  });

  test.skipIf(!canBeOtherUser)('for a directory that may not be written to (needs root)', () => {
    const directory = temporaryDirectory();
    chmodSync(directory, 0o755);
    const script = `import { openLock } from ${JSON.stringify(join(import.meta.dirname, '../../dist/locks.js'))};
      for (const strategy of ['lockdir', 'cifs', 'flock', 'fcntl'])
        try { openLock(process.argv[1], { strategy }).try(); } catch (error) { console.log(error.code); }`;
    const [program = '', ...rest] = [...OTHER_USER, process.execPath, '--input-type=module', '-e', script];
    const said = execFileSync(program, [...rest, targetIn(directory)]).toString();
    expect(said.trim().split('\n')).toEqual(Array(4).fill('no-permission'));
  });
});

describe('an argument that makes no sense is an error that names it', () => {
  // Callers without types.
  const open = openLock as (target: unknown, options?: unknown) => ReturnType<typeof openLock>;

  test.each([
    ['', TypeError],
    ['.', TypeError],
    ['..', TypeError],
    ['/', TypeError],
    ['/tmp/..', TypeError],
    ['a\0b', TypeError],
    [undefined, TypeError],
    [null, TypeError],
    [7, TypeError],
    [new URL('file:///tmp/x'), TypeError],
    [Buffer.from('x'), TypeError],
  ])('the target %o', (wrong, kind) => {
    expect(() => open(wrong)).toThrow(kind);
    expect(() => open(wrong)).toThrow(/^target: /);
  });

  test.each([
    [{ strategy: 'foo' }, 'options.strategy: expected auto, lockdir, cifs, flock, fcntl, got "foo"'],
    [{ strategy: null }, 'options.strategy: '],
    [{ strategy: 'toString' }, 'options.strategy: '],
    [{ strategy: ['flock'] }, 'options.strategy: '],
    [{ stategy: 'flock' }, 'options.stategy: no such option'],
    [{ fencing: 'yes' }, 'options.fencing: expected true or false'],
    [{ settings: 5 }, 'options.settings: expected an object, got 5'],
    [{ settings: { pollMs: Number.NaN } }, 'options.settings.pollMs: expected at least 1 ms'],
    [{ settings: { pollMs: 0 } }, 'options.settings.pollMs: '],
    [{ settings: { pollMs: -1 } }, 'options.settings.pollMs: '],
    [{ settings: { pollMs: Number.POSITIVE_INFINITY } }, 'options.settings.pollMs: '],
    [{ settings: { pollMs: 2 ** 31 } }, 'options.settings.pollMs: '],
    [{ settings: { pollMs: '5' } }, 'options.settings.pollMs: expected milliseconds as a number, got "5"'],
    [{ settings: { warnMs: 0 } }, 'options.settings.warnMs: '],
    [{ settings: { overdueMs: Number.NaN } }, 'options.settings.overdueMs: '],
    [{ settings: { verbose: 1 } }, 'options.settings.verbose: no such option'],
    ['flock', 'options: expected an object, got "flock"'],
    [null, 'options: expected an object, got null'],
  ])('the options %j', (options, message) => {
    const directory = temporaryDirectory();
    expect(() => open(targetIn(directory), options)).toThrow(message);
    expect(readdirSync(directory)).toEqual([]);
  });

  test.each([
    [{ timeoutMs: Number.NaN }, RangeError, 'options.timeoutMs: expected at least 0 ms, got NaN'],
    [{ timeoutMs: -1 }, RangeError, 'options.timeoutMs: '],
    [{ timeoutMs: Number.NEGATIVE_INFINITY }, RangeError, 'options.timeoutMs: '],
    [{ timeoutMs: '100' }, TypeError, 'options.timeoutMs: '],
    [{ timeoutMs: 100n }, TypeError, 'options.timeoutMs: '],
    [{ timeoutMs: null }, TypeError, 'options.timeoutMs: '],
    [{ timeout: 100 }, TypeError, 'options.timeout: no such option; there are timeoutMs, signal, onNotice'],
    [{ signal: new AbortController() }, TypeError, 'options.signal: expected an AbortSignal, got an object'],
    [{ signal: 'SIGTERM' }, TypeError, 'options.signal: '],
    [{ onNotice: 'x' }, TypeError, 'options.onNotice: '],
    [null, TypeError, 'options: '],
    [1000, TypeError, 'options: '],
  ])('%o to wait', async (options, kind, message) => {
    const target = targetIn(temporaryDirectory());
    for (const strategy of STRATEGIES) {
      const lock = openLock(target, { strategy });
      const acquiring = (lock.acquire as (options: unknown) => Promise<unknown>).call(lock, options);
      await expect(acquiring).rejects.toThrow(kind);
      await expect(lock.acquire.call(lock, options as never)).rejects.toThrow(message);
      expect(lock.inspect().kind).toBe('free');
    }
  });

  test.each([{ force: 'yes' }, { forced: true }, { ifStill: 5 }, { ifStill: { kind: 'free' } }, null])(
    '%o to break',
    async (options) => {
      const target = targetIn(temporaryDirectory());
      for (const strategy of STRATEGIES) {
        await expect(openLock(target, { strategy }).break(options as never)).rejects.toThrow(/^options/);
      }
    },
  );

  test('and what makes sense is not', async () => {
    const lock = openLock(targetIn(temporaryDirectory()), {
      strategy: 'lockdir',
      settings: { pollMs: undefined, warnMs: Number.POSITIVE_INFINITY },
    });
    for (const timeoutMs of [0, 0.5, undefined, Number.POSITIVE_INFINITY, Number.MAX_VALUE]) {
      const acquisition = await lock.acquire({ timeoutMs, signal: AbortSignal.timeout(60_000) } as never);
      if (acquisition.kind === 'acquired') acquisition.lock.release();
      expect(acquisition.kind).toBe('acquired');
    }
  });
});

function codeOf(action: () => unknown): LockErrorCode | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    if (error instanceof LockError) return error.code;
    throw error;
  }
}
