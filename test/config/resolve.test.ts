import { describe, expect, it } from 'vitest';
import type { Build, Primary, Secondary } from '../../src/config/project.js';
import { load } from './config.js';

const PAIR = `
[project]
name = "Example"
[defaults]
source = "src"
[defaults.stages.configure]
command = ["cmake", "-S", "x"]
[defaults.stages.build]
command = ["make"]
[builds.gcc]
directory = "gcc"
[builds.debug]
primary = "gcc"
directory = "/else/debug"
`;

function build(text: string, name: string): Build {
  const found = load(text).builds.get(name);
  if (found === undefined) throw new Error(`no build ${name}`);
  return found;
}

const primary = (text: string): Primary => build(text, 'gcc') as Primary;
const secondary = (text: string): Secondary => build(text, 'debug') as Secondary;

describe('a project', () => {
  it('is complete with defaults, absolute paths and milliseconds', () => {
    const project = load(PAIR);
    expect(project).toMatchObject({ file: '/etc/ci/stagelock.toml', name: 'Example', subscribers: [] });
    expect([...project.builds.keys()]).toEqual(['gcc', 'debug']);
    expect(project.builds.get('gcc')).toEqual({
      role: 'primary',
      name: 'gcc',
      reportName: 'gcc',
      site: 'host',
      source: '/etc/ci/src',
      directory: '/etc/ci/gcc',
      model: 'Continuous',
      nightlyStart: { kind: 'fixed', ofDayMs: 0 },
      schedule: undefined,
      offsetMs: 0,
      keepLogs: 50,
      watch: [],
      quietMs: 10_000,
      strategy: 'auto',
      unusedOptions: [],
      sectionTimeoutMs: 60_000,
      update: undefined,
      withoutUpdate: { kind: 'unversioned', message: 'no `update` is configured' },
      whenSecondariesBuild: { kind: 'abort' },
      keepUpdatesMs: 365 * 86_400_000,
      lingerMs: 0,
      stages: [
        {
          name: 'configure',
          command: { kind: 'argv', argv: ['cmake', '-S', 'x'] },
          directory: '/etc/ci/gcc',
          environment: {},
          timeoutMs: 4 * 3_600_000,
          graceMs: 10_000,
          onFailure: 'stop',
          mayLeave: false,
          errors: 'report',
          report: 'configure',
          junit: undefined,
        },
        expect.objectContaining({ name: 'build' }),
      ],
    });
  });

  it('takes site, nightly start, strategy and lock timeout from [project]', () => {
    const text = PAIR.replace(
      'name = "Example"',
      'name = "E"\nsite = "s"\nnightly_start = "21:30:00 -0500"\nstrategy = "lockdir"\nlock_timeout = 5',
    );
    expect(secondary(text)).toMatchObject({
      site: 's',
      nightlyStart: { kind: 'fixed', ofDayMs: 2.5 * 3_600_000 },
      strategy: 'lockdir',
      sectionTimeoutMs: 5000,
    });
  });

  it('keeps the order of the file for builds whose names are numbers', () => {
    const stage = '[defaults.stages.b]\ncommand = ["x"]\n';
    const text = `[project]\nname = "E"\n[defaults]\nsource = "s"\n${stage}[builds.z]\ndirectory = "z"\n[builds.9]\ndirectory = "9"\n[builds.1]\ndirectory = "1"\n`;
    expect([...load(text).builds.keys()]).toEqual(['z', '9', '1']);
  });
});

describe('a secondary', () => {
  it('has the very primary of the project and its source', () => {
    const project = load(PAIR);
    const debug = project.builds.get('debug');
    expect(debug).toMatchObject({ role: 'secondary', source: '/etc/ci/src', directory: '/else/debug' });
    expect((debug as Secondary).primary).toBe(project.builds.get('gcc'));
    expect((debug as Secondary).updateTimeoutMs).toBe(30 * 60_000);
  });

  it('may stand before its primary in the file', () => {
    const [head, gcc, debug] = PAIR.split(/(?=\[builds)/);
    expect(build(`${head}${debug}${gcc}`, 'debug')).toMatchObject({ primary: { name: 'gcc' } });
  });

  it('may repeat the source of its primary, which another default does not change', () => {
    const text = PAIR.replace('directory = "gcc"', 'directory = "gcc"\nsource = "own"');
    expect(secondary(text).source).toBe('/etc/ci/own');
    expect(secondary(`${text}source = "x/../own"`).source).toBe('/etc/ci/own');
  });
});

describe('an update', () => {
  const of = (update: string) =>
    primary(PAIR.replace('source = "src"', `source = "src"\nupdate = { ${update} }`)).update;

  it('of each version control system has its own keys and defaults', () => {
    const common = { mode: 'fast-forward', timeoutMs: 600_000 };
    expect(of('type = "svn"')).toEqual({ type: 'svn', url: undefined, ...common });
    expect(of('type = "svn", url = "https://x/trunk/"')).toEqual({ type: 'svn', url: 'https://x/trunk', ...common });
    expect(of('type = "hg"')).toEqual({ type: 'hg', branch: 'default', ...common });
    expect(of('type = "cvs"')).toEqual({ type: 'cvs', options: ['-d', '-A', '-P'], ...common });
    expect(of('type = "cvs", options = ["-d"], mode = "reset"')).toMatchObject({ options: ['-d'], mode: 'reset' });
  });
});

describe('keys of primaries and secondaries in [defaults]', () => {
  const text = PAIR.replace(
    'source = "src"',
    `source = "src"
linger = "1 min"
when_secondaries_build = "wait"
update_timeout = "7 s"
update = { branch = "main", timeout = 3 }`,
  );

  it('reach only the one they are for', () => {
    expect(primary(text)).toMatchObject({
      lingerMs: 60_000,
      whenSecondariesBuild: { kind: 'wait', timeoutMs: 30 * 60_000 },
      update: { type: 'git', remote: 'origin', branch: 'main', mode: 'fast-forward', timeoutMs: 3000 },
    });
    expect(primary(text)).not.toHaveProperty('updateTimeoutMs');
    expect(secondary(text).updateTimeoutMs).toBe(7000);
    expect(secondary(text)).not.toHaveProperty('update');
  });

  it('give way to those of the build, key by key', () => {
    const own = text.replace(
      'directory = "gcc"',
      'directory = "gcc"\nlinger = 2\nsecondaries_timeout = 9\nupdate = { remote = "up", mode = "reset" }',
    );
    expect(primary(own)).toMatchObject({
      lingerMs: 2000,
      whenSecondariesBuild: { kind: 'wait', timeoutMs: 9000 },
      update: { remote: 'up', branch: 'main', mode: 'reset', timeoutMs: 3000 },
    });
  });
});

describe('stages', () => {
  it('run in the order of the file, those of [defaults] first', () => {
    const text = `${PAIR}[builds.debug.stages.test]\nshell = "t"\n[builds.debug.stages.build]\ntimeout = 1\n[builds.debug.stages.a]\nshell = "a"\n`;
    expect(secondary(text).stages.map((stage) => stage.name)).toEqual(['configure', 'build', 'test', 'a']);
  });

  it('may have single keys replaced, and environments merged', () => {
    const text = `${PAIR.replace('command = ["make"]', 'command = ["make"]\nenvironment = { A = "1", B = "1" }\ndirectory = "sub"\non_failure = "continue"\ngrace = 0')}
[builds.debug.stages.build]
environment = { B = "2", C = "2" }
timeout = "5 min"
`;
    expect(secondary(text).stages[1]).toEqual({
      name: 'build',
      command: { kind: 'argv', argv: ['make'] },
      directory: '/else/debug/sub',
      environment: { A: '1', B: '2', C: '2' },
      timeoutMs: 300_000,
      graceMs: 0,
      onFailure: 'continue',
      mayLeave: false,
      errors: 'report',
      report: 'build',
      junit: undefined,
    });
    expect(primary(text).stages[1]).toMatchObject({ environment: { A: '1', B: '1' }, timeoutMs: 14_400_000 });
  });

  it('have one command: a shell string of a build replaces the arguments of [defaults], and back', () => {
    const shell = `${PAIR}[builds.debug.stages.build]\nshell = "make all"\n`;
    expect(secondary(shell).stages[1]?.command).toEqual({ kind: 'shell', script: 'make all' });
    const argv = `${PAIR.replace('command = ["make"]', 'shell = "m"')}[builds.debug.stages.build]\ncommand = ["n"]\n`;
    expect(secondary(argv).stages[1]?.command).toEqual({ kind: 'argv', argv: ['n'] });
  });

  it('may be switched off by a build, or on where [defaults] has them off', () => {
    const off = `${PAIR}[builds.debug.stages.configure]\nenabled = false\n`;
    expect(secondary(off).stages.map((stage) => stage.name)).toEqual(['build']);
    expect(primary(off).stages).toHaveLength(2);
    const on = `${PAIR.replace('command = ["make"]', 'command = ["make"]\nenabled = false')}[builds.debug.stages.build]\nenabled = true\n`;
    expect(secondary(on).stages).toHaveLength(2);
    expect(primary(on).stages).toHaveLength(1);
  });

  it('prefer what is closest: stage, build, [defaults]', () => {
    const text = `
[project]
name = "E"
[defaults]
source = "s"
timeout = 1
grace = 1
environment = { A = "defaults", B = "defaults", C = "defaults" }
[defaults.stages.one]
shell = "x"
environment = { A = "stage" }
timeout = 3
[defaults.stages.two]
shell = "x"
[builds.gcc]
directory = "gcc"
timeout = 2
environment = { A = "build", B = "build" }
`;
    const [one, two] = primary(text).stages;
    expect(one).toMatchObject({
      timeoutMs: 3000,
      graceMs: 1000,
      environment: { A: 'stage', B: 'build', C: 'defaults' },
    });
    expect(two).toMatchObject({ timeoutMs: 2000, environment: { A: 'build', B: 'build', C: 'defaults' } });
  });
});

it('a primary without stages may just update the source', () => {
  const text = '[project]\nname = "E"\n[builds.gcc]\nsource = "s"\ndirectory = "d"\nupdate = { branch = "main" }\n';
  expect(primary(text)).toMatchObject({ stages: [], update: { branch: 'main' } });
});
