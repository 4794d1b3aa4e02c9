import type { Entry } from './entry.js';

const testing = (
  shape: string,
  testfile: string,
  seen: Entry['seen'],
  build: Entry['build'] = {},
  more: Partial<Entry> = {},
): Entry => ({ shape, build: { 'CTestTestfile.cmake': testfile, ...build }, seen, ...more });

const BOTH = 'add_test(good "/bin/true")\nadd_test(bad "/bin/false")\n';

export const TESTS: readonly Entry[] = [
  testing('Tests that pass', 'add_test(one "/bin/true")\nadd_test(two "/bin/true")\n', {
    passed: ['one', 'two'],
    verdict: 'green',
  }),
  testing('A test that fails', BOTH, { passed: ['good'], failed: ['bad'], verdict: 'red' }),
  testing('`WILL_FAIL`', `${BOTH}set_tests_properties(bad PROPERTIES WILL_FAIL 1)\n`, {
    passed: ['bad', 'good'],
    verdict: 'green',
  }),
  testing(
    'A test that takes longer than its `TIMEOUT`',
    'add_test(slow "/bin/sleep" "20")\nset_tests_properties(slow PROPERTIES TIMEOUT 1)\n',
    { failed: ['slow'], verdict: 'red' },
  ),
  testing('A disabled test', `${BOTH}set_tests_properties(bad PROPERTIES DISABLED TRUE)\n`, {
    passed: ['good'],
    notRun: ['bad'],
    verdict: 'green',
  }),
  testing(
    '`SKIP_RETURN_CODE` and `PASS_REGULAR_EXPRESSION`',
    [
      'add_test(skipped "/bin/sh" "-c" "exit 77")',
      'set_tests_properties(skipped PROPERTIES SKIP_RETURN_CODE 77)',
      'add_test(said "/bin/sh" "-c" "echo all is well; exit 3")',
      'set_tests_properties(said PROPERTIES PASS_REGULAR_EXPRESSION "all is well")\n',
    ].join('\n'),
    { passed: ['said'], notRun: ['skipped'], verdict: 'green' },
  ),
  testing('A test whose program was never built', 'add_test(lost "/nonexistent/lost")\nadd_test(good "/bin/true")\n', {
    passed: ['good'],
    notRun: ['lost'],
    verdict: 'red',
  }),
  testing(
    'A fixture whose setup fails',
    [
      'add_test(setup "/bin/false")',
      'set_tests_properties(setup PROPERTIES FIXTURES_SETUP data)',
      'add_test(user "/bin/true")',
      'set_tests_properties(user PROPERTIES FIXTURES_REQUIRED data)\n',
    ].join('\n'),
    { failed: ['setup'], notRun: ['user'], verdict: 'red' },
  ),
  testing(
    'Tests in subdirectories, with labels',
    'subdirs("lib")\nsubdirs("app")\n',
    { passed: ['a', 'l'], verdict: 'green' },
    {
      'lib/CTestTestfile.cmake': 'add_test(l "/bin/true")\nset_tests_properties(l PROPERTIES LABELS "lib;quick")\n',
      'app/CTestTestfile.cmake': 'add_test(a "/bin/true")\n',
    },
  ),
  testing(
    '`CTEST_CUSTOM_TESTS_IGNORE`',
    BOTH,
    { passed: ['good'], failed: [], verdict: 'green' },
    { 'CTestCustom.cmake': 'set(CTEST_CUSTOM_TESTS_IGNORE "bad")\n' },
  ),
  testing(
    '`CTEST_CUSTOM_PRE_TEST` that fails',
    BOTH,
    { passed: [], failed: [], verdict: 'red' },
    { 'CTestCustom.cmake': 'set(CTEST_CUSTOM_PRE_TEST "/bin/false")\n' },
    {
      differs: {
        failed: ['test'],
        because: 'a stage that fails without results is one failed test, so that a dashboard shows it',
      },
    },
  ),
  {
    shape: 'Tests after a build with errors',
    configuration: ({ directory }) => ({ MakeCommand: `/bin/cat "${directory}/log"` }),
    build: { log: 'a.c:1:1: error: no\n', 'CTestTestfile.cmake': 'add_test(good "/bin/true")\n' },
    seen: { errors: 1, passed: [], verdict: 'red' },
    differs: {
      passed: ['good'],
      because:
        'tests run after a failed build, as in scripts of `ctest -S`; `ctest -D` of 3.25 lists none after an error',
    },
  },
];
