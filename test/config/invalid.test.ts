import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseProject } from '../../src/config/load.js';
import { problems } from './config.js';

const HEAD = '[project]\nname = "E"\n[defaults]\nsource = "s"\nstages = { build = { shell = "make" } }\n';
const GCC = '[builds.gcc]\ndirectory = "gcc"\n';

describe('one problem is one sentence with line, key, what was found and what was expected', () => {
  const DURATION =
    'expected a number of seconds or a duration such as "90 s", "10 min", "1 h 30 min", "500 ms" or "2 d"';

  const cases: [text: string, problem: string][] = [
    [`${HEAD}${GCC}tiemout = 5\n`, '8: builds.gcc.tiemout: unknown key `tiemout`; did you mean `timeout`?'],
    [`${HEAD}${GCC}timeout = "5 minutes"\n`, `8: builds.gcc.timeout: found "5 minutes", ${DURATION}`],
    [`${HEAD}${GCC}timeout = true\n`, `8: builds.gcc.timeout: found true, ${DURATION}`],
    [`${HEAD}${GCC}timeout = -1\n`, `8: builds.gcc.timeout: found -1, ${DURATION}`],
    [
      `${HEAD}${GCC}timeout = 0\n`,
      '8: builds.gcc.timeout: found 0, expected a duration of more than 0 s and at most 24 d',
    ],
    [`${HEAD}${GCC}linger = "25 d"\n`, '8: builds.gcc.linger: found "25 d", expected a duration of at most 24 d'],
    [
      `${HEAD}${GCC}model = "Daily"\n`,
      '8: builds.gcc.model: found "Daily", expected "Experimental", "Continuous" or "Nightly"',
    ],
    [
      `${HEAD}${GCC}source = "~/src"\n`,
      '8: builds.gcc.source: found "~/src", expected a path without `~`, which is not expanded here',
    ],
    [`${HEAD}${GCC}source = ""\n`, '8: builds.gcc.source: found "", expected a path'],
    [`${HEAD}${GCC}environment = { A = 4 }\n`, '8: builds.gcc.environment.A: found 4, expected a string in quotes'],
    [
      `${HEAD}${GCC}environment = { "A=" = "4" }\n`,
      '8: builds.gcc.environment."A=": found the name "A=", expected the name of an environment variable',
    ],
    [
      `${HEAD}${GCC}[builds.gcc.submit]\nretries = 1\n`,
      '8: builds.gcc.submit.url: a submission to CDash needs its `url`',
    ],
    [
      `${HEAD}${GCC}[builds.gcc.submit]\nurl = "cdash.example.org"\n`,
      '9: builds.gcc.submit.url: found "cdash.example.org", expected a URL such as "https://cdash.example.org/submit.php?project=NAME"',
    ],
    [
      `${HEAD}${GCC}[builds.gcc.submit]\nurl = "https://ann:secret@cdash.example.org/"\n`,
      '9: builds.gcc.submit.url: the URL contains a user or a password, which do not belong in a configuration; see `token_file`',
    ],
    [
      `${HEAD}${GCC}[builds.gcc.submit]\ntype = "directory"\ndirectory = "box"\nurl = "http://x/"\n`,
      '11: builds.gcc.submit.url: a submission of type "directory" has no `url`',
    ],
    [
      `${HEAD}${GCC}[builds.gcc.submit]\nurl = "http://x/"\ntoken_file = "t"\ntoken_variable = "T"\n`,
      '11: builds.gcc.submit.token_variable: found both `token_file` and `token_variable`, expected at most one of them',
    ],
    [
      `${HEAD}${GCC}update = { type = "svn", submodules = true }\n`,
      '8: builds.gcc.update.submodules: only git updates have `submodules`, and this one is of type "svn"',
    ],
    [`builds = 5\n${HEAD}`, '1: builds: found 5, expected a table of builds'],
    [
      `${HEAD}${GCC}colour = 5\n`,
      '8: builds.gcc.colour: unknown key `colour`; expected one of directory, report_name, schedule, offset, watch, quiet, primary, follows, source, model, environment, update, submit, when_secondaries_build, secondaries_timeout, keep_logs, linger, update_timeout, timeout, grace, stages',
    ],
    [
      `${HEAD}${GCC}branch = "main"\n`,
      '8: builds.gcc.branch: unknown key `branch` here; it belongs in [builds.gcc.update]',
    ],
    [
      `${HEAD}branch = "main"\n${GCC}`,
      '6: defaults.branch: unknown key `branch` here; it belongs in [defaults.update]',
    ],
    [
      `${HEAD}directory = "x"\n${GCC}`,
      '6: defaults.directory: unknown key `directory` here; it belongs in [builds.NAME]',
    ],
    [`${HEAD}[builds]\ngcc = 5\n`, '7: builds.gcc: found 5, expected a table'],
    [
      `${HEAD}${GCC}[builds.gcc.stages.test]\ncommand = []\n`,
      '9: builds.gcc.stages.test.command: found an empty array, expected an array that begins with the program to run',
    ],
    [
      `${HEAD}${GCC}[builds.gcc.stages.test]\ncommand = [\n  "x",\n  5,\n]\n`,
      '11: builds.gcc.stages.test.command[1]: found 5, expected a string',
    ],
    [
      `${HEAD}${GCC}[builds.gcc.stages.test]\ncommand = "make test"\n`,
      '9: builds.gcc.stages.test.command: found "make test", expected an array of strings such as ["make", "all"]',
    ],
    [
      `${HEAD}${GCC}[builds.gcc.stages.test]\ncommand = ["x"]\nshell = "x"\n`,
      '10: builds.gcc.stages.test.shell: found both `command` and `shell`, expected exactly one of them',
    ],
    [
      `${HEAD}${GCC}[builds.gcc.stages.buidl]\nenabled = false\n`,
      '8: builds.gcc.stages.buidl: the stage has neither `command` nor `shell`, here or in [defaults.stages.buidl]; did you mean `build`?',
    ],
    [
      `${HEAD}${GCC}[builds.gcc.stages.running]\nshell = "x"\n`,
      '8: builds.gcc.stages.running: found the name "running", expected another stage name: stagelock makes locks of that name itself; [builds.NAME.update] configures the update',
    ],
    [
      `${HEAD}${GCC}[[notify]]\nping = "https://x/"\n[[notify]]\nping = "https://y/"\n`,
      '10: notify[1]: more than one entry has a `ping`; give each of them a `name`',
    ],
    [`notify = 5\n${HEAD}${GCC}`, '1: notify: found 5, expected tables [[notify]]'],
    [`${HEAD}[builds.gcc]\n`, '6: builds.gcc.directory: the build needs a `directory`'],
    [
      `${HEAD}${GCC}update = { type = "git" }\n`,
      '8: builds.gcc.update.branch: the update needs the `branch` of the remote to follow',
    ],
    [
      `${HEAD}${GCC}update = { branch = "-x" }\n`,
      '8: builds.gcc.update.branch: found "-x", expected the name of a branch, which cannot begin with a dash',
    ],
    [
      `${HEAD}${GCC}update_timeout = 5\n`,
      '8: builds.gcc.update_timeout: only secondaries and followers have `update_timeout`, and gcc names neither a `primary` nor one that it `follows`',
    ],
    [
      `${HEAD}${GCC}secondaries_timeout = 5\n`,
      '8: builds.gcc.secondaries_timeout: the primary does not wait for secondaries unless it has `when_secondaries_build = "wait"`',
    ],
    [
      `${HEAD}${GCC}[builds.b]\ndirectory = "b"\nprimary = "gcc"\nlinger = 5\n`,
      '11: builds.b.linger: only a primary has `linger`, and b is a secondary of gcc',
    ],
    [
      `${HEAD}${GCC}[builds.b]\ndirectory = "b"\nprimary = "gcc"\nsource = "t"\n`,
      '11: builds.b.source: b shares the source of its primary gcc, which is /etc/ci/s; remove this key',
    ],
    [
      `${HEAD}${GCC}[builds.b]\ndirectory = "b"\nprimary = "gc"\n`,
      '10: builds.b.primary: there is no build "gc"; did you mean `gcc`?',
    ],
    [
      `${HEAD}${GCC}[builds.b]\ndirectory = "b"\nprimary = "clang"\n`,
      '10: builds.b.primary: there is no build "clang"; primaries are gcc',
    ],
    [
      `${HEAD}${GCC}[builds.b]\ndirectory = "b"\nprimary = "b"\n`,
      '10: builds.b.primary: the build names itself as its primary; primaries are gcc',
    ],
    [
      `${HEAD}${GCC}[builds.b]\ndirectory = "b"\nprimary = "gcc"\n[builds.c]\ndirectory = "c"\nprimary = "b"\n`,
      '13: builds.c.primary: "b" is a secondary itself and has no source of its own; did you mean its primary `gcc`?',
    ],
    [
      `${HEAD}${GCC}[builds.GCC]\ndirectory = "b"\n`,
      '8: builds.GCC: the name differs from "gcc" only in case, which some file systems ignore',
    ],
    [
      `${HEAD}${GCC}[builds.b]\ndirectory = "./b/../gcc/"\n`,
      '9: builds.b.directory: /etc/ci/gcc is already the directory of build "gcc"',
    ],
    [
      `${HEAD}[builds.gcc-12.3]\ndirectory = "gcc"\n[builds.gcc-12]\ndirectory = "x"\n`,
      '6: builds.gcc-12.3: unknown key `3`; if the build is called gcc-12.3, write [builds."gcc-12.3"]',
    ],
    [HEAD, 'builds: the file defines no build, expected at least one [builds.NAME]'],
    [`${HEAD.replace('name = "E"', '')}${GCC}`, '1: project.name: the project needs a `name`'],
    [
      `${HEAD.replace('"E"', '""')}${GCC}`,
      '2: project.name: found "", expected a name, not empty, without control characters',
    ],
    [
      `${HEAD.replace('"E"', '"E"\nnightly_start = "9 pm"')}${GCC}`,
      '3: project.nightly_start: found "9 pm", expected a time of day such as "21:00:00 UTC", "21:00 EST", "21:00:00 -0500" or "21:00 Europe/Berlin"',
    ],
    [
      `${HEAD.replace('"E"', '"E"\nnightly_start = 21:00:00')}${GCC}`,
      '3: project.nightly_start: found a date or time, expected a time of day such as "21:00:00 UTC"',
    ],
    [
      `${HEAD.replace('source = "s"', '')}${GCC}`,
      '6: builds.gcc.source: the build needs a `source`, here or in [defaults], or the `primary` whose source it shares',
    ],
    [
      `[project]\nname = "E"\n[builds.gcc]\nsource = "s"\ndirectory = "d"\n`,
      '3: builds.gcc: the build has neither stages nor an update, so it does nothing',
    ],
    [
      `${HEAD}${GCC}[builds.b]\ndirectory = "b"\nprimary = "gcc"\n[builds.b.stages.build]\nenabled = false\n`,
      '8: builds.b: the build has no stages, so it does nothing',
    ],
  ];

  it.each(cases.map(([text, problem]) => ({ text, problem })))('$problem', ({ text, problem }) => {
    const [only, ...others] = problems(text);
    expect(others).toEqual([]);
    expect(only?.trim()).toBe(problem);
  });
});

it.each(['bad/name', '.hidden', 'x.lock', '../up'])('no build can be called %j', (name) => {
  const [only, ...others] = problems(`${HEAD}[builds."${name}"]\ndirectory = "d"\n`);
  expect(only).toContain(`6: builds."${name}": found the name "${name}", expected a build name`);
  expect(others).toEqual([]);
});

it('all problems are told at once, in the order of the file', () => {
  const text = `
[project]
nme = "x"
[builds.gcc]
directory = 5
primary = "clagn"
[builds.clang]
directory = "a"
timeout = "soon"
[builds.clang.stages.a]
[builds.Clang]
directory = "a"
`;
  expect(problems(text).map((problem) => problem.split(': ', 2).join(': '))).toEqual([
    '2: project.name',
    '3: project.nme',
    '4: builds.gcc',
    '5: builds.gcc.directory',
    '6: builds.gcc.primary',
    '7: builds.clang.source',
    '9: builds.clang.timeout',
    '10: builds.clang.stages.a',
    '11: builds.Clang',
    '11: builds.Clang.source',
    '11: builds.Clang',
    '12: builds.Clang.directory',
  ]);
});

it('a wrong value is not called missing as well, and nothing follows from it', () => {
  const wrong = `
[project]
name = 5
[defaults]
source = 5
[defaults.update]
branch = 5
[defaults.stages.build]
command = "make"
[builds.gcc]
directory = 5
[builds.b]
directory = "b"
primary = 5
[builds.c]
directory = "c"
primary = "b"
[builds.d]
directory = "d"
primary = "e"
[builds]
e = 5
`;
  expect(problems(wrong).map((problem) => problem.split(': ', 2).join(': '))).toEqual([
    '3: project.name',
    '5: defaults.source',
    '7: defaults.update.branch',
    '9: defaults.stages.build.command',
    '11: builds.gcc.directory',
    '14: builds.b.primary',
    '17: builds.c.primary',
    '22: builds.e',
  ]);
});

describe('TOML', () => {
  it.each([
    ['[project]\nname = \n', '2: column 8: this is not TOML: '],
    ['[project\n', '1: column 9: this is not TOML: '],
    ['a = 1\na = 2\n', '2: column 1: this is not TOML: '],
    ['[project]\n__proto__ = 1\n', '2: column 1: this is not TOML: '],
  ])('%#: errors have line and column', (text, start) => {
    const [only, ...others] = problems(text);
    expect(others).toEqual([]);
    expect(only?.slice(0, start.length)).toBe(start);
    expect(only?.split('\n')).toHaveLength(1);
  });

  it('whatever the text, there is a project or a problem with a line of the file', () => {
    const example = readFileSync(new URL('../../config/stagelock.example.toml', import.meta.url), 'utf8');
    const words = ['"', '[', ']', '=', '\n', '5', '[defaults]\n', 'timeout = ', '"gcc"', 'primary', '#', '{', '}'];
    const edit = fc.tuple(fc.nat(example.length), fc.nat(8), fc.constantFrom(...words));
    let invalid = 0;
    fc.assert(
      fc.property(fc.array(edit, { minLength: 1, maxLength: 3 }), (edits) => {
        const text = edits.reduce((old, [at, count, word]) => old.slice(0, at) + word + old.slice(at + count), example);
        const loaded = parseProject(text, 'x.toml', { hostname: 'h' });
        if (loaded.kind === 'loaded') return;
        invalid++;
        expect(loaded.problems.length).toBeGreaterThan(0);
        for (const { line } of loaded.problems) {
          if (line !== undefined) expect(line).toBeLessThanOrEqual(text.split('\n').length);
        }
      }),
      { numRuns: 300 },
    );
    expect(invalid).toBeGreaterThan(50);
  });
});
