import { describe, expect, test } from 'vitest';
import { tableOf } from '../../src/config/ctest-update.js';
import { readDartConfiguration, tablesOf } from '../../src/config/dart-configuration.js';
import { wordsOf } from '../../src/text/words.js';

const TEXT = `# This file is configured by CMake automatically as DartConfiguration.tcl

# Configuration directories and files
SourceDirectory: /src/x y
BuildDirectory: /build
Site: host.example.org
BuildName: Linux-c++
SubmitURL: http://
NightlyStartTime: 1:00:00 UTC
ConfigureCommand: "/usr/bin/cmake" "/src/x y"
MakeCommand: /usr/bin/cmake --build . --config "\${CTEST_CONFIGURATION_TYPE}"
DefaultCTestConfigurationType: Debug
UpdateType: git
CVSCommand: CVSCOMMAND-NOTFOUND
`;

const UPDATE = { kind: 'update', table: { type: 'git', remote: 'origin', branch: 'main' } } as const;
const NOWHERE = { kind: 'nowhere', message: '' } as const;

describe('a DartConfiguration.tcl', () => {
  test('says what a configuration would', () => {
    const dart = readDartConfiguration(TEXT);
    expect(dart.get('CVSCommand')).toBe('');
    const { tables, findings } = tablesOf(dart, {
      name: 'Linux-c',
      update: UPDATE,
      submission: NOWHERE,
      ctest: '/usr/bin/ctest',
    });
    expect(findings).toEqual([]);
    expect(tables).toEqual({
      project: { name: 'Linux-c', site: 'host.example.org' },
      builds: {
        'Linux-c': {
          directory: '/build',
          report_name: 'Linux-c++',
          source: '/src/x y',
          model: 'Experimental',
          stages: {
            configure: { command: ['/usr/bin/cmake', '/src/x y'], on_failure: 'continue' },
            build: {
              command: ['/usr/bin/cmake', '--build', '.', '--config', 'Debug'],
              on_failure: 'continue',
              errors: 'fail',
            },
            test: { command: ['/usr/bin/ctest', '-T', 'Test'] },
          },
          update: { type: 'git', remote: 'origin', branch: 'main' },
        },
      },
    });
  });

  test('that lacks what a build needs is told so', () => {
    const { findings } = tablesOf(readDartConfiguration('NightlyStartTime: whenever\n'), {
      name: 'x',
      update: UPDATE,
      submission: NOWHERE,
      ctest: 'ctest',
    });
    expect(findings.map(({ message }) => message)).toEqual([
      'SourceDirectory is missing; CMake writes it with include(CTest)',
      'BuildDirectory is missing; CMake writes it with include(CTest)',
      'MakeCommand is missing, so nothing would be built; CMake writes it with include(CTest)',
    ]);
  });
});

test.each([
  ['', []],
  ['a  b', ['a', 'b']],
  ['"a b" c"d e"f', ['a b', 'cd ef']],
  ['"a \\"b\\"" \\\\ ""', ['a "b"', '\\', '']],
])('the words of %s', (command, words) => {
  expect(wordsOf(command)).toEqual(words);
});

test('an option of CVS in quotes is one word, with the blanks in it', () => {
  const of = (key: string): string => (key === 'CVSUpdateOptions' ? '-d -P -D "2026-11-26 12:00 UTC"' : '');
  expect(tableOf('cvs', of, { client: undefined, followed: undefined, branch: undefined })).toEqual({
    kind: 'update',
    table: { type: 'cvs', options: ['-d', '-P', '-D', '2026-11-26 12:00 UTC'] },
  });
});
