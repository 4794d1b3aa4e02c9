import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type Entry, NOT_BUILT } from './entry.js';

const green: Entry['seen'] = { tag: ['Experimental', 'Experimental'], verdict: 'green' };

export const CONFIGURATIONS: readonly Entry[] = [
  {
    shape: 'No `MakeCommand`',
    configuration: () => ({ MakeCommand: undefined }),
    seen: { verdict: 'red' },
    differs: { ...NOT_BUILT, tree: 'other', because: 'no run begins, and stderr says what is missing' },
  },
  {
    shape: 'Lines with blanks before them, and one that goes on after a backslash',
    text: (usual) =>
      usual.replace(/^MakeCommand:.*$/m, 'MakeCommand: /bin/sh -c \\\n   "exit 0"').replaceAll(/^(?=\w)/gm, '  '),
    seen: green,
  },
  {
    shape: 'Lines that end with CRLF',
    text: (usual) => usual.replaceAll('\n', '\r\n'),
    seen: green,
  },
  {
    shape: 'Comments, blank lines, and lines that are no entries',
    text: (usual) => `# This file is configured by CMake automatically\n\n\n${usual}# end\nno entry at all\n\n`,
    seen: green,
  },
  {
    shape: 'An entry twice: the last one counts',
    text: (usual) => `MakeCommand: /bin/false\n${usual}`,
    seen: green,
  },
  {
    shape: 'A `BuildName` and a `Site` with blanks, slashes and parentheses',
    configuration: () => ({ BuildName: 'Linux x86_64/g++ 12 (Debug)', Site: 'build host / 3' }),
    seen: green,
  },
  {
    shape: 'Blanks before and after values',
    configuration: () => ({ BuildName: '   gcc  ', MakeCommand: '  /bin/true   ' }),
    seen: green,
  },
  {
    shape: 'A `MakeCommand` with quoted words',
    configuration: ({ directory }) => ({ MakeCommand: `"/bin/cat" "${directory}/a log"` }),
    build: { 'a log': 'a.c:1:1: warning: odd\n' },
    seen: { warnings: 1, verdict: 'green' },
  },
  {
    shape: 'A `MakeCommand` with escaped blanks and the configuration type',
    configuration: ({ directory }) => ({
      MakeCommand: `/bin/cat ${directory}/a\\ log "${directory}/\${CTEST_CONFIGURATION_TYPE}"`,
      DefaultCTestConfigurationType: 'Debug',
    }),
    build: { 'a log': 'a.c:1:1: warning: odd\n', Debug: 'b.c:1:1: warning: odd\n' },
    seen: { warnings: 2, verdict: 'green' },
  },
  {
    shape: 'A build directory with blanks, quotes and letters of other languages',
    place: "bü ild (1) & 'co'",
    configuration: ({ directory }) => ({ MakeCommand: `/bin/cat "${directory}/log"` }),
    build: { log: 'a.c:1:1: warning: odd\n', 'CTestTestfile.cmake': 'add_test(one "/bin/true")\n' },
    seen: { warnings: 1, passed: ['one'], verdict: 'green' },
  },
  {
    shape: 'A source that is a symbolic link',
    arrange: ({ root, checkout }) => symlinkSync(checkout, join(root, 'link')),
    configuration: ({ root }) => ({ SourceDirectory: join(root, 'link') }),
    seen: { ...green, files: ['Updated file'] },
  },
  {
    shape: 'A `MakeCommand` that is not there',
    configuration: () => ({ MakeCommand: '/opt/nowhere/bin/make -i' }),
    seen: { verdict: 'red' },
  },
  {
    shape: 'A build that writes no line end, zero bytes and colors',
    configuration: ({ directory }) => ({ MakeCommand: `/bin/cat "${directory}/log"` }),
    build: { log: 'a.c:1:1: \u001b[35mwarning: \u001b[0modd\n\0\0b.c:2:1: error: no' },
    seen: { verdict: 'green' },
  },
  {
    shape: 'Entries of CMake 2.8, none of newer ones',
    system: 'none',
    configuration: () => ({
      TimeOut: undefined,
      DropSite: '',
      DropLocation: '',
      DropMethod: 'http',
      TriggerSite: '',
      ScpCommand: '/usr/bin/scp',
      PurifyCommand: '',
      CVSCommand: 'CVSCOMMAND-NOTFOUND',
      CVSUpdateOptions: '-d -A -P',
      UpdateCommand: '',
      UpdateOptions: '',
      UpdateType: '',
      UseLaunchers: '',
      CompilerVersion: '',
    }),
    seen: { verdict: 'red' },
    differs: {
      verdict: 'green',
      because: 'a source in no version control is built as it stands, which each run and `check` say; `ctest` fails',
    },
  },
  {
    shape: 'No `BuildName`',
    configuration: () => ({ BuildName: undefined }),
    seen: green,
  },
];
