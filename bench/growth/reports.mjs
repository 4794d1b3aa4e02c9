// What a stage writes: its tests, its log.
import { commit, makeProject } from './world.mjs';

/** A built run with one stage, which runs a shell's script. */
function built(script, more = '') {
  const world = makeProject({ stage: JSON.stringify(['sh', '-c', script]), more });
  return { world, command: world.stagelock('run', 'main'), before: () => commit(world) };
}

const LINES = (line) => (size) => built(`yes '${line}' | head -n ${size}`);

/** What an expression that goes back and forth would not end with. */
const BLANKS = (size) => built(`yes "$(printf '%${size}s' '')error x" | head -n 200`);

const JUNIT = (size) => `awk '
  BEGIN {
    print "<testsuite name=\\"all\\">"
    for (i = 1; i <= ${size}; i++)
      print "<testcase name=\\"t" i "\\" time=\\"0.1\\"><system-out>what a test says</system-out></testcase>"
    print "</testsuite>"
  }' > junit.xml`;

export const dimensions = [
  {
    name: 'tests in JUnit XML, the run of their stage',
    growth: 'linear',
    memory: 'constant',
    sizes: [100, 1000, 10_000],
    make: (size) =>
      built(
        'true',
        `[defaults.stages.test]\njunit = "junit.xml"\ncommand = ${JSON.stringify(['sh', '-c', JUNIT(size)])}\n`,
      ),
  },
  {
    name: 'lines of a log, the run of its stage',
    growth: 'linear',
    memory: 'constant',
    sizes: [1000, 10_000, 100_000],
    make: LINES('cc -Wall -Werror -c a.c -o a.o'),
  },
  {
    name: 'lines of a log with warnings, the run of its stage',
    growth: 'linear',
    memory: 'constant',
    sizes: [1000, 10_000, 100_000],
    make: LINES('a.c:1:2: warning: unused'),
  },
  {
    name: 'blanks before each of 200 lines of a log, the run of its stage',
    growth: 'linear',
    cpu: 'linear',
    allocates: 0,
    sizes: [100, 1000, 10_000],
    make: BLANKS,
  },
];
