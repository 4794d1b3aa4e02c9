import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { errorsOf } from '../../src/failures/build-report.js';
import { errorsAmong } from '../../src/failures/found-errors.js';
import { scanLog } from '../../src/reports/log-scan/scan.js';

const TREES = { source: '/home/ann/proj', build: '/home/ann/mk' };

async function errorsIn(log: string) {
  const scan = await scanLog(log);
  return errorsAmong(scan?.findings ?? [], TREES, 50);
}

const recorded = (name: string): string => join(import.meta.dirname, 'logs', `${name}.txt`);
const placesOf = ({ first }: Awaited<ReturnType<typeof errorsIn>>) =>
  first.map(({ file, line }) => (file === undefined ? '?' : `${file}:${line}`));

// The same broken project by make -k and by ninja -k 0.
describe('the errors of a build', () => {
  test.each(['make', 'ninja'])(
    'by %s are those of compilers and linkers, and not what only follows from them',
    async (tool) => {
      const errors = await errorsIn(recorded(tool));
      expect(errors).toMatchObject({ count: 7, orMore: false });
      expect(placesOf(errors).toSorted()).toEqual(
        [
          ...['main.c:4', 'main.c:5', 'util.c:2', '?'],
          ...['45', '98', '69'].map((line) => `/usr/include/c++/12/bits/predefined_ops.h:${line}`),
        ].toSorted(),
      );
      const main = errors.first.find(({ file, line }) => file === 'main.c' && line === 4);
      expect(main?.text).toBe(
        '/home/ann/proj/main.c:4:11: error: ‘undeclared_thing’ undeclared (first use in this function)',
      );
      expect(main?.before.at(-1)).toBe('/home/ann/proj/main.c: In function ‘main’:');
      expect(main?.after).toEqual(['    4 |   int x = undeclared_thing + 1;', '      |           ^~~~~~~~~~~~~~~~']);
    },
  );

  test('are what follows from them where that is all that is known', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'stagelock-errors-'));
    const log = join(directory, 'log');
    writeFileSync(
      log,
      'frob main\nmake[1]: *** [CMakeFiles/Makefile2:3: main] Error 3\nmake: *** [CMakeFiles/Makefile2:1: all] Error 2\n',
    );
    expect(await errorsIn(log)).toMatchObject({ count: 2, first: [{ before: ['frob main'] }, {}] });
    rmSync(directory, { recursive: true });
  });

  test('by cmake hold what it says below its first line', async () => {
    expect(await errorsIn(recorded('cmake'))).toMatchObject({
      count: 1,
      first: [{ text: 'CMake Error at CMakeLists.txt:3 (message):', after: ['  Could not find FOO', ''] }],
    });
  });
});

describe('the errors that a Build.xml names', () => {
  let file: string;
  beforeEach(() => {
    file = join(mkdtempSync(join(tmpdir(), 'stagelock-errors-')), 'Build.xml');
  });
  afterEach(() => rmSync(join(file, '..'), { recursive: true }));

  const report = (...elements: string[]): void =>
    writeFileSync(file, `<?xml version="1.0"?>\n<Site><Build>${elements.join('\n')}</Build></Site>`);

  test('are read as CTest has scraped them, warnings left out', () => {
    report(
      '<Warning><Text>a.c:1: warning: w</Text></Warning>',
      '<Error><BuildLogLine>7</BuildLogLine><Text>a.c:12: error: x</Text><SourceFile>src/a.c</SourceFile>',
      '<SourceLineNumber>12</SourceLineNumber><PreContext>one\ntwo\nthree\n</PreContext><PostContext>four\n</PostContext></Error>',
    );
    expect(errorsOf(file)).toEqual({
      count: 1,
      orMore: false,
      first: [{ file: 'src/a.c', line: 12, text: 'a.c:12: error: x', before: ['two', 'three'], after: ['four'] }],
    });
  });

  test('are read as its launchers report them', () => {
    const result = (text: string) => `<Result><StdOut></StdOut><StdErr>${text}</StdErr></Result>`;
    report(
      `<Failure type="Warning"><Action><SourceFile>w.c</SourceFile></Action>${result('w.c:1: error in a warning')}</Failure>`,
      `<Failure type="Error"><Action><SourceFile>b.c</SourceFile></Action>${result('In function f:\nb.c:3: error: y\n  3 | y\n')}</Failure>`,
    );
    expect(errorsOf(file)).toMatchObject({
      count: 1,
      first: [{ file: 'b.c', text: 'b.c:3: error: y', before: ['In function f:'], after: ['  3 | y'] }],
    });
  });

  test('one that is cut off, or is no such file, is an error of its own', () => {
    writeFileSync(file, '<Site><Build><Error><Text>a.c:1: error: x</Text></Error><Error><Text>b');
    expect(errorsOf(file)).toMatchObject({
      count: 2,
      first: [{ text: 'a.c:1: error: x' }, { text: expect.stringContaining('cannot be read') }],
    });
    rmSync(file);
    expect(errorsOf(file).count).toBe(1);
  });
});
