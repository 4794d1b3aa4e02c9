import { describe, expect, test } from 'vitest';
import { failedTestsIn } from '../../src/failures/failed-tests.js';

const named = (output: string) => failedTestsIn(output.replace(/^\n/, '').split('\n'));

// What each program of the usual ones writes, as it was seen from real runs of them.
describe('the failed tests in the output of', () => {
  test('ctest', () => {
    const output = `
4/5 Test #4: missing ..........................***Not Run   0.00 sec
    Start 5: crash
5/5 Test #5: crash ............................***Exception: SegFault  0.01 sec

20% tests passed, 4 tests failed out of 5

Total Test time (real) =   1.04 sec

The following tests FAILED:
	  1 - parser.unicode (Failed)
	  3 - slow (Timeout)
	  4 - missing (Not Run)
	  5 - a name (with brackets) (SEGFAULT)
Errors while running CTest`;
    expect(named(output)).toMatchObject({
      failed: 4,
      all: 5,
      first: [
        { name: 'parser.unicode' },
        { name: 'slow', why: 'Timeout' },
        { name: 'missing', why: 'Not Run' },
        { name: 'a name (with brackets)', why: 'SEGFAULT' },
      ],
    });
    expect(named(output).first[0]).not.toHaveProperty('why');
  });

  test('ctest with labels, of two runs in one stage', () => {
    const run = (count: string, name: string) => `
${count}
The following tests FAILED:
	  7 - ${name} (Failed)                          slow net
Errors while running CTest`;
    expect(
      named(
        run('50% tests passed, 1 tests failed out of 2', 'one') +
          run('0% tests passed, 1 tests failed out of 1', 'two'),
      ),
    ).toMatchObject({ failed: 2, all: 3, first: [{ name: 'one' }, { name: 'two' }] });
  });

  test.each([
    [
      'GoogleTest',
      '[ RUN      ] Lexer.Numbers\n[  FAILED  ] Lexer.Numbers (0 ms)\n[  FAILED  ] 2 tests, listed below:\n[  FAILED  ] Lexer.Numbers\n[  FAILED  ] All/Parse.Deep/3, where GetParam() = 7\n\n 2 FAILED TESTS',
      ['Lexer.Numbers', 'All/Parse.Deep/3'],
    ],
    [
      'pytest',
      'tests/test_a.py F.E\n=== short test summary info ===\nFAILED tests/test_a.py::test_one - AssertionError: 1 != 2\nERROR tests/test_b.py::TestB::test_x[a b]\nERROR tests/test_c.py\n=== 1 failed, 3 passed in 0.12s ===',
      ['tests/test_a.py::test_one', 'tests/test_b.py::TestB::test_x[a b]', 'tests/test_c.py'],
    ],
    [
      'unittest',
      'F.\n======\nFAIL: test_split (test_str.TestMethods)\n------\nTraceback (most recent call last):',
      ['test_split (test_str.TestMethods)'],
    ],
    ['automake', 'PASS: a\nFAIL: b.sh\nXFAIL: c\nERROR: d\n# FAIL:  1\nSee ./test-suite.log', ['b.sh', 'd']],
    [
      'Go',
      '=== RUN   TestSum\n    sum_test.go:8: got 3\n--- FAIL: TestSum (0.00s)\n    --- FAIL: TestSum/negative (0.00s)\nFAIL\nFAIL\texample.org/sum\t0.002s',
      ['TestSum', 'TestSum/negative'],
    ],
    [
      'Rust',
      'test parse::empty ... ok\ntest parse::deep ... FAILED\n\nfailures:\n    parse::deep\ntest result: FAILED. 1 passed; 1 failed',
      ['parse::deep'],
    ],
    [
      'Meson',
      ' 1/3 unit / lexer        OK       0.01s\n 2/3 unit / parser       FAIL     0.02s   exit status 1\n 3/3 slow                TIMEOUT 30.01s   killed by signal 15 SIGTERM',
      ['unit / parser', 'slow'],
    ],
    [
      'prove',
      't.t .. \nDubious, test returned 1 (wstat 256, 0x100)\nFailed 1/3 subtests \n\nTest Summary Report\n-------------------\nt.t (Wstat: 256 (exited 1) Tests: 3 Failed: 1)\n  Failed test:  2\nResult: FAIL',
      ['t.t'],
    ],
    ['TAP', '1..4\nok 1 - a\nnot ok 2 - b is 3\nnot ok 3 - c # TODO later\nnot ok 4 d # skip no net', ['b is 3']],
  ])('%s', (_, output, names) => {
    const found = named(output);
    expect(found.first.map(({ name }) => name)).toEqual(names);
    expect(found.failed).toBe(names.length);
  });

  test('something else are none', () => {
    const output =
      'make: *** [all] Error 2\nFAILED: main.o\nERROR: something broke here\n  1 - a list (Of things)\nok 1\n--- FAIL: x';
    expect(named(output)).toEqual({ failed: 0, first: [] });
  });

  test('lines of half a megabyte are looked through in no time', () => {
    const long = ` 1 - ${'(A '.repeat(170_000)}`;
    const began = performance.now();
    for (const line of [
      long,
      `FAILED ${'a::'.repeat(170_000)}`,
      `1/2 ${'a  '.repeat(170_000)}`,
      `x (Wstat: 1 ${'('.repeat(500_000)}`,
    ]) {
      expect(failedTestsIn(['The following tests FAILED:', line]).failed).toBe(0);
    }
    // Each takes minutes where a form goes back over a whole line.
    expect(performance.now() - began).toBeLessThan(20_000);
  });

  test('a thousand are counted, and the first are named', () => {
    const lines = Array.from({ length: 1000 }, (_, index) => `not ok ${index + 1} - test ${index + 1}`);
    const found = failedTestsIn(lines);
    expect(found.failed).toBe(1000);
    expect(found.first).toHaveLength(20);
  });
});
