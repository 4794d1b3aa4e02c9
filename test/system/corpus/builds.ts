import type { Entry } from './entry.js';

/** A build that prints a log and exits with 0, as `make -i` does. */
const printing = (shape: string, log: string, seen: Entry['seen'], more: Partial<Entry> = {}): Entry => ({
  shape,
  configuration: ({ directory }) => ({ MakeCommand: `/bin/cat "${directory}/log"` }),
  ...more,
  build: { log, ...more.build },
  seen,
});

const GCC = [
  'gcc -c a.c',
  "a.c:3:10: error: 'x' undeclared (first use in this function)",
  "a.c:9:2: warning: unused variable 'y' [-Wunused-variable]",
  'gcc -c b.c',
  'b.c:1:1: warning: control reaches end of non-void function [-Wreturn-type]',
  "b.c:4:2: error: expected ';' before '}' token",
  'make: [Makefile:2: a.o] Error 1 (ignored)',
  '',
].join('\n');

const MSVC = [
  'a.cpp',
  "c:\\src\\a.cpp(12) : error C2065: 'x' : undeclared identifier",
  "c:\\src\\a.cpp(14) : warning C4101: 'y' : unreferenced local variable",
  'LINK : fatal error LNK1104: cannot open file foo.lib',
  '',
].join('\n');

const FORTRAN = [
  'gfortran -c a.f90',
  'a.f90:3:8:',
  '',
  '    3 |   x = y',
  '      |        1',
  "Error: Symbol 'y' at (1) has no IMPLICIT type",
  'Warning: Nonconforming tab character at (1)',
  '',
].join('\n');

const NVCC = [
  'nvcc -c k.cu',
  'k.cu(7): error: identifier "threadIdy" is undefined',
  'k.cu(9): warning: variable "n" was declared but never referenced',
  '1 error detected in the compilation of "k.cu".',
  '',
].join('\n');

const many = (kind: string, count: number): string =>
  Array.from({ length: count }, (_, index) => `a.c:${index + 1}:1: ${kind}: number ${index}\n`).join('');

const custom = (text: string): Partial<Entry> => ({ build: { 'CTestCustom.cmake': text } });

export const BUILDS: readonly Entry[] = [
  printing('Compile errors under `make -i`, exit code 0', GCC, { errors: 2, warnings: 2, verdict: 'red' }),
  printing('Warnings only', many('warning', 3), { errors: 0, warnings: 3, verdict: 'green' }),
  printing('More errors and warnings than CTest counts', many('error', 70) + many('warning', 70), {
    errors: 50,
    warnings: 50,
    verdict: 'red',
  }),
  printing('A log of Visual C++', MSVC, { errors: 2, warnings: 1, verdict: 'red' }),
  printing('A log of gfortran', FORTRAN, { verdict: 'red' }),
  printing('A log of nvcc', NVCC, { verdict: 'red' }),
  printing('A compiler that speaks German', 'a.c:3:10: Fehler: »x« nicht deklariert\na.c:4:1: Warnung: unbenutzt\n', {
    errors: 2,
    verdict: 'red',
  }),
  printing(
    '`CTEST_CUSTOM_ERROR_EXCEPTION`',
    GCC,
    { errors: 1, warnings: 2, verdict: 'red' },
    custom('set(CTEST_CUSTOM_ERROR_EXCEPTION "undeclared")\n'),
  ),
  printing(
    '`CTEST_CUSTOM_WARNING_EXCEPTION`, appended to',
    GCC,
    { errors: 2, warnings: 1, verdict: 'red' },
    custom('list(APPEND CTEST_CUSTOM_WARNING_EXCEPTION\n  "unused variable"\n  "[Nn]othing such"\n)\n'),
  ),
  printing(
    '`CTEST_CUSTOM_ERROR_MATCH` and `CTEST_CUSTOM_WARNING_MATCH`',
    'BROKEN: the moon\nODD: the sun\n',
    { errors: 1, warnings: 1, verdict: 'red' },
    custom('set(CTEST_CUSTOM_ERROR_MATCH "^BROKEN")\nset(CTEST_CUSTOM_WARNING_MATCH "ODD: [a-z]+")\n'),
  ),
  printing(
    '`CTEST_CUSTOM_MAXIMUM_NUMBER_OF_ERRORS` and `…_WARNINGS`',
    many('error', 9) + many('warning', 9),
    { errors: 3, warnings: 5, verdict: 'red' },
    custom('set(CTEST_CUSTOM_MAXIMUM_NUMBER_OF_ERRORS "3")\nset(CTEST_CUSTOM_MAXIMUM_NUMBER_OF_WARNINGS 5)\n'),
  ),
  printing(
    'A `CTestCustom.cmake` that includes a file which is not there',
    GCC,
    { errors: 1, warnings: 2, verdict: 'red' },
    custom('set(CTEST_CUSTOM_ERROR_EXCEPTION "undeclared")\ninclude(nowhere.cmake OPTIONAL)\n'),
  ),
  printing(
    'A `CTestCustom.cmake` that sets under a condition, and adds to what is there',
    GCC,
    { errors: 1, warnings: 2, verdict: 'red' },
    custom(
      'set(strict ON)\nif(strict)\n  list(APPEND CTEST_CUSTOM_ERROR_EXCEPTION "undeclared")\nelse()\n  set(CTEST_CUSTOM_ERROR_EXCEPTION ".")\nendif()\n',
    ),
  ),
  printing(
    'A `CTestCustom.ctest`, the old name',
    GCC,
    { errors: 1, warnings: 2, verdict: 'red' },
    { build: { 'CTestCustom.ctest': 'SET (CTEST_CUSTOM_ERROR_EXCEPTION\n  "undeclared"\n)\n' } },
  ),
  {
    shape: 'A build that fails without a word that looks like an error',
    configuration: ({ directory }) => ({ MakeCommand: `/bin/sh "${directory}/make.sh"` }),
    build: { 'make.sh': 'echo done as well as can be\nexit 2\n' },
    seen: { errors: 0, warnings: 1, verdict: 'green' },
    differs: { errors: 1, warnings: 0, verdict: 'red', because: 'a command that fails is a failure' },
  },
];
