import { shellWord } from '../text/shell-word.js';
import { DEFAULTS } from './defaults.js';
import type { Facts } from './detect.js';
import { pathText } from './problem.js';

/**
 * The commented `stagelock.toml` that `stagelock init` writes. It loads as it is, and also after the comment signs are
 * removed from any of the keys and tables it suggests.
 */
export function writeTemplate(facts: Facts): string {
  const blocks = [
    header(facts),
    mail(),
    defaults(facts),
    ...stages(facts),
    build(facts),
    update(facts),
    secondary(facts),
  ];
  return `${blocks.map((block) => block.join('\n')).join('\n\n')}\n`;
}

function header({ project }: Facts): string[] {
  return [
    '# Written by `stagelock init`. `stagelock check` checks it; `stagelock run` runs a build.',
    '# Paths are relative to this file. Durations are seconds or texts such as "90 s", "10 min", "1 h 30 min".',
    '',
    '[project]',
    `name = ${quoted(project)}`,
    '# The name of this machine in reports; the host name without it.',
    '# site = "buildhost"',
    '# When the day of Nightly builds begins; "21:00 Europe/Berlin" follows summer time, zones like EST and CET do not.',
    `# nightly_start = "${DEFAULTS.nightlyStart}"`,
    '# How locks in one directory are acquired: auto, lockdir, cifs, flock or fcntl. Set lockdir when the server of a',
    '# network file system and its clients build in one directory.',
    `# strategy = "${DEFAULTS.strategy}"`,
  ];
}

function mail(): string[] {
  return [
    '# Mails by stagelock instead of cron: to the maintainers, and to the authors of what a broken run built.',
    '# [mail]',
    '# to = ["team@example.org"]',
    '# authors = true',
    '# monitors = ["builds@example.org"]',
    `# sendmail = "${DEFAULTS.sendmail}"`,
  ];
}

function defaults({ source }: Facts): string[] {
  return [
    '# What every build has unless it says otherwise.',
    '[defaults]',
    `source = ${quoted(source)}`,
    '# Experimental, Continuous or Nightly.',
    `# model = "${DEFAULTS.model}"`,
    '# After this a stage and all its processes are ended: SIGTERM, and SIGKILL after the grace.',
    `# timeout = "${DEFAULTS.timeout}"`,
    `# grace = "${DEFAULTS.grace}"`,
    '',
    '# [defaults.environment]',
    '# LC_ALL = "C"',
  ];
}

interface Step {
  readonly name: string;
  readonly comment: string;
  /** As TOML: `command = [...]` or `shell = "..."`. */
  readonly line: string;
  /** Whether it is only suggested, since the tool may not know such a target. */
  readonly suggested?: true;
}

function stages(facts: Facts): string[][] {
  return steps(facts).map(({ name, comment, line, suggested }) => [
    `# ${comment}`,
    `${suggested ? '# ' : ''}[defaults.stages.${name}]`,
    `${suggested ? '# ' : ''}${line}`,
  ]);
}

function steps({ tool, source }: Facts): Step[] {
  const configure = (line: string): Step => ({
    name: 'configure',
    comment: 'Stages run in this order, in the build directory, as one of `command` (no shell) and `shell` (/bin/sh).',
    line,
  });
  const compile = (line: string): Step => ({ name: 'build', comment: 'Compiles what has changed.', line });
  const test = (line: string): Step => ({ name: 'test', comment: 'Runs after a build that succeeded.', line });
  switch (tool) {
    case 'cmake':
      return [
        configure(command('cmake', '-S', source, '-B', '.')),
        compile(command('cmake', '--build', '.')),
        test(command('ctest', '--output-on-failure')),
      ];
    case 'meson':
      return [
        configure(command('meson', 'setup', '.', source)),
        compile(command('meson', 'compile')),
        test(command('meson', 'test')),
      ];
    case 'autotools':
      return [
        configure(`shell = ${quoted(`test -x config.status || ${shellWord(`${source}/configure`)}`)}`),
        compile(command('make')),
        test(command('make', 'check')),
      ];
    case 'ninja':
      return [compile(command('ninja')), { ...test(command('ninja', 'test')), suggested: true }];
    case 'make':
      return [compile(command('make')), { ...test(command('make', 'test')), suggested: true }];
    case 'make-in-source':
      return [
        {
          ...compile(command('make', '-C', source)),
          comment: 'This compiles into the source tree. Builds that share it need directories of their own.',
        },
        { ...test(command('make', '-C', source, 'test')), suggested: true },
      ];
    case 'unknown': {
      const reminder = 'echo "stagelock.toml: say here how to build" >&2; exit 1';
      return [{ ...compile(`shell = ${quoted(reminder)}`), comment: 'Replace this with the command that builds.' }];
    }
  }
}

function build({ name, directory }: Facts): string[] {
  return [
    '# A build without `primary` owns the source and updates it.',
    `[${pathText(['builds', name])}]`,
    `directory = ${quoted(directory)}`,
    '# When it runs, by `stagelock crontab --install`, `stagelock systemd --install` or `stagelock schedule`.',
    '# schedule = "*/10 * * * *"',
    '# An update does not begin while secondaries build: "abort" with a warning (the default), or "wait" for them.',
    '# when_secondaries_build = "wait"',
    `# secondaries_timeout = "${DEFAULTS.secondariesTimeout}"`,
    '# Keeps `running` for a while after the end, so that secondaries get in before the next run.',
    '# linger = "30 s"',
  ];
}

function update({ name, upstream, submodules }: Facts): string[] {
  const sign = upstream === undefined ? '# ' : '';
  const found = upstream ?? { remote: DEFAULTS.remote, branch: 'main' };
  return [
    '# How to update the source; leave this table out when something else updates it.',
    `${sign}[${pathText(['builds', name, 'update'])}]`,
    `${sign}type = "git"`,
    `${sign}remote = ${quoted(found.remote)}`,
    `${sign}branch = ${quoted(found.branch)}`,
    '# Submodules that are initialised follow the tree; with `true` all of them are initialised.',
    `${submodules ? sign : '# '}submodules = true`,
    '# "fast-forward" refuses a rewritten branch; "reset" follows it and discards local commits and changes.',
    `# mode = "${DEFAULTS.mode}"`,
    `# timeout = "${DEFAULTS.fetchTimeout}"`,
  ];
}

function secondary({ name, directory }: Facts): string[] {
  const other = `${name.slice(0, 58)}-debug`;
  return [
    '# A secondary shares the source of its primary and builds every update once. It has the stages of [defaults];',
    '# a stage of its own replaces single keys of them, and `enabled = false` switches one off.',
    `# [${pathText(['builds', other])}]`,
    `# primary = ${quoted(name)}`,
    `# directory = ${quoted(`${directory}-debug`)}`,
    "# How long it waits for the end of the primary's update.",
    `# update_timeout = "${DEFAULTS.updateTimeout}"`,
    '',
    `# [${pathText(['builds', other, 'environment'])}]`,
    '# CFLAGS = "-O0 -g"',
    '# CXXFLAGS = "-O0 -g"',
  ];
}

function command(...argv: readonly string[]): string {
  return `command = [${argv.map(quoted).join(', ')}]`;
}

/** A TOML basic string. JSON's escapes are TOML's, except that TOML wants DEL escaped too. */
function quoted(text: string): string {
  return JSON.stringify(text).replaceAll('\u007f', '\\u007f');
}
