import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath, pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { rolldown } from 'rolldown';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  describeFiring,
  type Firing,
  firingAt,
  firingOfChange,
  firingShown,
  isStillToCome,
  parseFiring,
  timeOfFiring,
} from '../../src/scheduler/firing.js';
import { FiringBook } from '../../src/scheduler/firing-book.js';
import { localMinuteOf } from '../../src/scheduler/local-time.js';
import { momentText } from '../../src/text/moment.js';
import { because, canMount, smallTmpfs } from '../locks/processes.js';

const MINUTE_MS = 60_000;
const ME = { host: 'a', pid: 1 };
const OTHER = { host: 'b', pid: 2 };

let state: string;
let book: FiringBook;

beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'stagelock-book-'));
  book = new FiringBook(state, 'gcc');
});
afterEach(() => rmSync(state, { recursive: true }));

const pathOf = (name: string): string => join(state, 'firings', 'gcc', name);
const names = (): string[] => readdirSync(join(state, 'firings', 'gcc'));
const named = (name: string): Firing => parseFiring(name) ?? firingAt(Number.NaN);
const firingIn = (minutes: number): Firing => firingAt(Date.UTC(2026, 10, 25, 11) + minutes * MINUTE_MS);

describe('the name of a firing', () => {
  test('is a time, what a wall clock showed, or when something changed', () => {
    const ms = Date.parse('2026-11-25T11:10:03.123Z');
    expect(firingAt(ms).name).toBe('20261125T1110Z');
    expect(firingShown(localMinuteOf(ms, 'Europe/Berlin')).name).toBe('20261125T1210');
    expect(firingOfChange(ms).name).toBe('change-20261125T111003123Z');
    expect(describeFiring(named('20261125T1110Z'))).toBe(`of ${momentText('2026-11-25T11:10:00Z')}`);
    expect(describeFiring(named('20261125T1210'))).toBe('of 2026-11-25 12:10');
    expect(describeFiring(named('change-20261125T111003123Z'))).toBe('because of a change');
  });

  test('is read as the same firing, and tells its time', () => {
    const times = fc.date({ min: new Date('1970-01-01'), max: new Date('9999-12-31'), noInvalidDate: true });
    fc.assert(
      fc.property(times, (time) => {
        const minute = Math.floor(time.getTime() / MINUTE_MS);
        for (const firing of [firingAt(time.getTime()), firingShown(minute), firingOfChange(time.getTime())]) {
          expect(parseFiring(firing.name)).toEqual(firing);
          expect(Math.floor(timeOfFiring(firing) / MINUTE_MS)).toBe(minute);
        }
      }),
    );
  });

  test.each([
    '',
    '.',
    '..',
    '../20261125T1110Z',
    '20261125T1110Z/',
    '20261125T1110Z\n',
    '20261125T1110z',
    'change-',
    'change-20261125T1110Z',
    'change-20261125T111003123',
    '20261125T111003123Z',
    '1',
  ])('is not %j', (text) => {
    expect(parseFiring(text)).toBeUndefined();
  });

  test('is of a time that is still to come if the clock does not show it yet, or will show it again in hours', () => {
    const nowMs = Date.UTC(2026, 10, 25, 11);
    const shown = localMinuteOf(nowMs, 'Europe/Berlin'); // 12:00
    const coming = (firing: string): boolean => isStillToCome(named(firing), nowMs, shown);
    expect(coming('20261125T1100Z')).toBe(false);
    expect(coming('20261125T1101Z')).toBe(true);
    // Up to three hours, fixed times are not repeated.
    expect(coming('20261125T1201')).toBe(false);
    expect(coming('20261125T1500')).toBe(false);
    expect(coming('20261125T1501')).toBe(true);
    expect(coming('change-20991231T000000000Z')).toBe(false); // the clock of a file server
  });
});

describe('a firing', () => {
  test('is claimed by one, begun by one, and then known to have begun', () => {
    const firing = firingIn(0);
    expect(book.attempts(firing)).toBeUndefined();
    expect(book.claim(firing, 1, ME)).toBe(true);
    expect(new FiringBook(state, 'gcc').claim(firing, 1, OTHER)).toBe(false);
    expect(book.attempts(firing)).toBe(1);
    expect(book.claim(firing, 2, OTHER)).toBe(true);
    expect(book.attempts(firing)).toBe(2);
    expect(book.begin(firing, OTHER)).toBe(true);
    expect(book.begin(firing, ME)).toBe(false);
    expect(book.attempts(firing)).toBeUndefined();
    expect(book.beginner(firing)).toEqual(OTHER);
  });

  test('of one build is not that of another', () => {
    expect(book.begin(firingIn(0), ME)).toBe(true);
    expect(new FiringBook(state, 'clang').begin(firingIn(0), ME)).toBe(true);
  });

  test('that no run has begun is found, oldest first, with the attempts that were made', () => {
    for (const minutes of [20, 0, 10, 30]) book.claim(firingIn(minutes), 1, ME);
    book.claim(firingIn(10), 2, OTHER);
    for (let attempt = 2; attempt <= 11; attempt++) book.claim(firingIn(30), attempt, OTHER);
    book.begin(firingIn(20), ME);
    expect(book.unstarted()).toEqual([
      { firing: firingIn(0), attempts: 1 },
      { firing: firingIn(10), attempts: 2 },
      { firing: firingIn(30), attempts: 11 },
    ]);
    expect(new FiringBook(state, 'never-run').unstarted()).toEqual([]);
  });

  test('that is long past is forgotten, and no other', () => {
    for (const minutes of [0, 1, 2]) {
      book.claim(firingIn(minutes), 1, ME);
      book.begin(firingIn(minutes), ME);
    }
    book.prune(timeOfFiring(firingIn(1)));
    expect(names().sort()).toEqual(
      [1, 2].flatMap((minutes) => [`${firingIn(minutes).name}.1`, `${firingIn(minutes).name}.started`]),
    );
  });

  test('that this host has run before its time can be run again; what others have run stays', () => {
    book.claim(firingIn(0), 1, ME);
    book.begin(firingIn(0), ME);
    book.claim(firingIn(1), 1, ME);
    book.begin(firingIn(1), ME);
    book.begin(firingIn(2), OTHER);
    book.forget('a', (firing) => timeOfFiring(firing) > timeOfFiring(firingIn(0)));
    expect(names().sort()).toEqual([
      `${firingIn(0).name}.1`,
      `${firingIn(0).name}.started`,
      `${firingIn(2).name}.started`,
    ]);
    expect(book.begin(firingIn(1), ME)).toBe(true);
  });
});

describe('in the directory of the firings', () => {
  test('what is no firing is left alone', () => {
    book.begin(firingIn(0), ME);
    const strange = ['README', '.12.0123456789abcdef.tmp', '20261125T1110Z~.1', 'x.started'];
    const old = '19700101T0000Z.started';
    for (const name of [...strange, old]) writeFileSync(pathOf(name), JSON.stringify(ME));
    mkdirSync(pathOf('lost+found'));
    expect(book.unstarted()).toEqual([]);
    book.prune(Date.UTC(2000, 0));
    book.forget('a', () => true);
    expect(names()).toEqual(expect.arrayContaining(strange));
    expect(existsSync(pathOf('lost+found'))).toBe(true);
    expect(existsSync(pathOf(old))).toBe(false);
  });

  test('a symbolic link in place of a firing is nowhere followed', () => {
    book.begin(firingIn(5), ME);
    const victim = join(state, 'victim');
    writeFileSync(victim, JSON.stringify(ME));
    symlinkSync(victim, pathOf(`${firingIn(0).name}.started`));
    symlinkSync(join(state, 'not-there'), pathOf(`${firingIn(1).name}.1`));
    expect(book.begin(firingIn(0), OTHER)).toBe(false);
    expect(book.claim(firingIn(1), 1, OTHER)).toBe(false);
    expect(existsSync(join(state, 'not-there'))).toBe(false);
    expect(book.beginner(firingIn(0))).toBeUndefined();
    book.forget('a', (firing) => firing.name === firingIn(0).name);
    expect(lstatSync(pathOf(`${firingIn(0).name}.started`)).isSymbolicLink()).toBe(true);
    book.prune(timeOfFiring(firingIn(5)));
    expect(names()).toEqual([`${firingIn(5).name}.started`]);
    expect(readFileSync(victim, 'utf8')).toBe(JSON.stringify(ME));
  });

  test('what is no record, or a pipe without a writer, names no scheduler', () => {
    const firing = firingIn(0);
    book.begin(firing, ME);
    for (const text of ['', '{', '[]', 'null', '{"host":1,"pid":1}', '{"host":"a"}', `"${'x'.repeat(5000)}"`]) {
      writeFileSync(pathOf(`${firing.name}.started`), text);
      expect(book.beginner(firing)).toBeUndefined();
    }
    rmSync(pathOf(`${firing.name}.started`));
    execFileSync('mkfifo', [pathOf(`${firing.name}.started`)]);
    expect(book.beginner(firing)).toBeUndefined();
    expect(book.begin(firing, ME)).toBe(false);
  });

  test.skipIf(!canMount)(`with a full disk no firing is started${because(canMount, 'mount is not permitted')}`, () => {
    const disk = smallTmpfs();
    const full = new FiringBook(disk, 'gcc');
    expect(full.begin(firingIn(0), ME)).toBe(true);
    expect(() => writeFileSync(join(disk, 'filler'), Buffer.alloc(256 * 1024))).toThrow('ENOSPC');
    expect(() => full.begin(firingIn(1), ME)).toThrow('ENOSPC');
    expect(() => full.claim(firingIn(1), 1, ME)).toThrow('ENOSPC');
    expect(() => full.begin(firingIn(0), OTHER)).toThrow('ENOSPC');
    expect(readdirSync(join(disk, 'firings', 'gcc'))).toEqual([`${firingIn(0).name}.started`]);
    rmSync(join(disk, 'filler'));
    expect(full.begin(firingIn(1), OTHER)).toBe(true);
  });
});

describe('many processes at once', () => {
  const SCRIPT = `
    const [module, state, host, firings] = JSON.parse(process.argv[1]);
    const { FiringBook } = await import(module);
    const book = new FiringBook(state, 'gcc');
    process.stdout.write('\\n');
    const begin = Number(await new Promise((resolve) => process.stdin.once('data', resolve)));
    while (Date.now() < begin);
    const me = { host, pid: process.pid };
    const won = firings.map((firing) => [firing.name, book.claim(firing, 1, me), book.begin(firing, me)]);
    process.stdout.write(JSON.stringify(won));
    process.stdin.destroy();
  `;
  let bundle: string;

  beforeEach(async () => {
    // Below node_modules, so that what is not bundled is found.
    bundle = mkdtempSync(fileURLToPath(new URL('../../node_modules/.stagelock-book-', import.meta.url)));
    const input = fileURLToPath(new URL('../../src/scheduler/firing-book.ts', import.meta.url));
    const build = await rolldown({ input, platform: 'node', external: ['koffi'] });
    await build.write({ dir: bundle, format: 'esm' });
    await build.close();
  });
  afterEach(() => rmSync(bundle, { recursive: true }));

  test('claim and begin each of 200 firings once', async () => {
    const firings = Array.from({ length: 200 }, (_, index) => firingIn(index));
    const module = pathToFileURL(join(bundle, 'firing-book.js')).href;
    const children = ['a', 'b', 'c', 'd', 'e', 'f'].map((host, index): ChildProcess => {
      // Each begins with another one, so that each has some luck.
      const order = JSON.stringify([
        module,
        state,
        host,
        [...firings.slice(index * 30), ...firings.slice(0, index * 30)],
      ]);
      return spawn(process.execPath, ['--input-type=module', '-e', SCRIPT, order], {
        stdio: ['pipe', 'pipe', 'inherit'],
      });
    });
    try {
      const said = children.map(({ stdout }) => (stdout === null ? '' : text(stdout)));
      await Promise.all(children.map(({ stdout }) => new Promise((resolve) => stdout?.once('data', resolve))));
      for (const { stdin } of children) stdin?.write(`${Date.now() + 100}\n`);
      const won = (await Promise.all(said)).map((line) => JSON.parse(line) as [string, boolean, boolean][]);
      for (const which of [1, 2] as const) {
        const wins = won.flat().flatMap((win) => (win[which] ? [win[0]] : []));
        expect(wins.sort()).toEqual(firings.map(({ name }) => name));
      }
      // Otherwise they were not at it at once.
      expect(won.filter((wins) => wins.some(([, , begun]) => begun)).length).toBeGreaterThan(1);
      expect(names()).toHaveLength(400);
    } finally {
      for (const child of children) child.kill('SIGKILL');
    }
  });
});
