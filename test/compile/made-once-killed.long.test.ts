import { execFileSync, spawnSync } from 'node:child_process';
import {
  closeSync,
  constants,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { until } from '../support/until.js';
import { HAS_GCC, temporaryDirectory } from './helper.js';
import { ARE_CERTAIN, type Begun, factsOf, type Got, oneAfterTheOther, TAKES, TRACES } from './shared-making.js';

/** Who makes what another one waits for is killed, fails, or finds no room: the other one makes it. */

const COMPILE = ['gcc', '-c', 'a.c', '-o', 'a.o'];
const SOURCE = '#include "a.h"\nint value = VALUE;\n';
const LONG_AGO = new Date('2002-01-31T21:00:00Z');
function project(): string {
  const directory = join(temporaryDirectory(), 'work');
  execFileSync('mkdir', [directory]);
  writeFileSync(join(directory, 'a.c'), SOURCE);
  writeFileSync(join(directory, 'a.h'), '#define VALUE 1\n');
  return directory;
}

function expectFresh(directory: string, { code, said }: Got): void {
  const fresh = spawnSync('gcc', ['-c', 'a.c', '-o', 'fresh.o'], { cwd: directory, encoding: 'utf8' });
  const bytes = (name: string): string => readFileSync(join(directory, name), 'base64');
  expect({ code, said, bytes: bytes('a.o') }).toEqual({ code: 0, said: fresh.stderr, bytes: bytes('fresh.o') });
}

/** Where there are facts of a.o, they are of the one that is there. */
function expectOwnFacts(directory: string): void {
  const { dev, ino, size } = statSync(join(directory, 'a.o'));
  expect(readFileSync(factsOf(directory), 'latin1')).toContain(`\nfile ${dev} ${ino} ${size} `);
}

/** What was left goes when it is a day old. */
function expectNothingForEver(directory: string): void {
  const facts = join(directory, '.made-once');
  for (const name of readdirSync(facts)) utimesSync(join(facts, name), LONG_AGO, LONG_AGO);
  const cleaner = [resolve('dist/ct-cleanup-locks.js'), `--objdir=${directory}`, '--min-lock-age=0', '--quiet'];
  expect(spawnSync(process.execPath, cleaner).status).toBe(0);
  expect(
    readdirSync(directory).filter((name) => !/^(?:a\.[cho]|fresh\.o|log\.[\d.]+|\.lock-strategy)$/.test(name)),
  ).toEqual([]);
}

/** A process and all that it has started, itself first. */
function familyOf(pid: number): number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
  return [pid, ...children.flatMap((child) => familyOf(Number(child)))];
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended with one that was killed just now.
  }
}

/** Who is killed while the compiler runs. */
const victims: Readonly<Record<string, (helper: number) => void>> = {
  'the helper': kill,
  'its process group': (helper) => kill(-helper),
  'the helper, then what it has started': (helper) => familyOf(helper).forEach(kill),
  'what it has started, then the helper': (helper) => familyOf(helper).reverse().forEach(kill),
  'its compiler alone': (helper) => familyOf(helper).slice(1).forEach(kill),
};

describe.skipIf(!TAKES || !HAS_GCC || !ARE_CERTAIN)('what another one waits for (needs gcc)', () => {
  test.each(Object.entries(victims))(
    'is made by that one when this is killed while it compiles: %s',
    async (_, kill) => {
      const directory = project();
      const header = join(directory, 'a.h');
      // What an earlier one has left is of no use now.
      expect((await oneAfterTheOther(directory, { argv: COMPILE })).waiter).toMatchObject({ taken: true, why: '' });
      rmSync(header);
      execFileSync('mkfifo', [header]);
      let pipe: number | undefined;
      const compilerReads = (): boolean => {
        try {
          pipe = openSync(header, constants.O_WRONLY | constants.O_NONBLOCK);
        } catch {
          // It has not come to that.
        }
        return pipe !== undefined;
      };
      const { maker, waiter } = await oneAfterTheOther(directory, { argv: COMPILE }, { argv: COMPILE }, () => {}, {
        during: async ({ pid }: Begun) => {
          await until('the compiler reads', compilerReads);
          kill(pid);
          renameSync(header, join(directory, 'pipe'));
          writeFileSync(header, '#define VALUE 2\n');
        },
      });
      if (pipe !== undefined) closeSync(pipe);
      rmSync(join(directory, 'pipe'));
      expect(maker.code).not.toBe(0);
      expect(waiter.taken).toBe(false);
      expectFresh(directory, waiter);
      expectNothingForEver(directory);
    },
  );

  test.skipIf(!TRACES).each([
    ['its object has its name', undefined, { object: false, probe: false, facts: false }],
    ['it is written down what its compiler reads', '.made-once', { object: true, probe: false, facts: false }],
    ['its facts have their name', 'a.o.made', { object: true, probe: true, facts: false }],
    ['it gives back the lock', 'a.o.lockdir/pid', { object: true, probe: true, facts: true }],
  ])('is there, whole, when this is killed before %s (needs strace)', async (_, name, left) => {
    const directory = project();
    // At the first call that gives or takes away a name; at the first one that has to do with this path.
    const calls = '/^(rename|unlink|rmdir)';
    const path = name === '.made-once' ? join(directory, name) : name;
    const killing = [
      ...(path === undefined ? [] : ['-P', path]),
      '-e',
      `trace=${calls}`,
      '-e',
      `inject=${calls}:signal=KILL:when=1`,
    ];
    const first = { argv: COMPILE, under: ['strace', '-qq', '-o', '/dev/null', ...killing] };
    const { maker, waiter } = await oneAfterTheOther(directory, first, { argv: COMPILE }, () => {
      const notes = readdirSync(join(directory, '.made-once'));
      expect({
        object: existsSync(join(directory, 'a.o')),
        probe: notes.some((name) => name.endsWith('.probe')),
        facts: notes.includes('a.o.made'),
      }).toEqual(left);
    });
    expect(maker.code).toBe(null);
    // All that is written down has been made before.
    if (!left.facts) expect(waiter.taken).toBe(false);
    expectFresh(directory, waiter);
    expectOwnFacts(directory);
    expectNothingForEver(directory);
  });

  test('is made by that one when this fails, whatever an earlier one has left', async () => {
    const directory = project();
    const header = join(directory, 'a.h');
    expect((await oneAfterTheOther(directory, { argv: COMPILE })).waiter.taken).toBe(true);
    writeFileSync(header, '#error not yet\n');
    const facts = readFileSync(factsOf(directory));
    const { maker, waiter } = await oneAfterTheOther(directory, { argv: COMPILE }, { argv: COMPILE }, () => {
      expect(readFileSync(factsOf(directory))).toEqual(facts);
      writeFileSync(header, '#define VALUE 3\n');
    });
    expect(maker.code).toBe(1);
    expect(waiter.taken).toBe(false);
    expectFresh(directory, waiter);
    expectOwnFacts(directory);
    expectNothingForEver(directory);
  });

  test.skipIf(process.getuid?.() !== 0)(
    'is made by that one when this finds no room for its facts (needs root)',
    async () => {
      const directory = project();
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1M,mode=755', 'none', directory]);
      onTestFinished(() => {
        execFileSync('umount', ['-l', directory]);
      });
      // Its facts tell what the compiler has said.
      writeFileSync(join(directory, 'a.c'), `#pragma message "${'x'.repeat(60_000)}"\n${SOURCE}`);
      writeFileSync(join(directory, 'a.h'), '#define VALUE 1\n');
      const filler = join(directory, 'filler');
      const { bavail, bsize } = statfsSync(directory);
      writeFileSync(filler, Buffer.alloc(bavail * bsize - 48 * 1024));
      const { maker, waiter } = await oneAfterTheOther(directory, { argv: COMPILE }, { argv: COMPILE }, () => {
        expect(readdirSync(join(directory, '.made-once')).filter((name) => !name.endsWith('.probe'))).toEqual([
          'wanted',
        ]);
      });
      expect(maker.code).toBe(0);
      expect(waiter).toMatchObject({ code: 0, taken: false, said: maker.said });
      rmSync(filler);
      expectFresh(directory, waiter);
      const again = await oneAfterTheOther(directory, { argv: COMPILE });
      expect(again.waiter).toMatchObject({ code: 0, taken: true, said: maker.said });
      expectFresh(directory, again.waiter);
      expectNothingForEver(directory);
    },
  );
});
