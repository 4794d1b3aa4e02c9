import { DEFAULTS } from './defaults.js';
import type { Facts } from './detect.js';
import { pathText } from './problem.js';
import { stages, variantOf } from './template-stages.js';
import { quoted, suggested } from './template-text.js';

/** What `stagelock init` writes: what it found, and what a person has answered. */
export interface Proposal extends Facts {
  /** As they are to stand in the file. */
  readonly source: string;
  readonly directory: string;
  /** Whether a second build shares the source. Otherwise it is only suggested. */
  readonly second: boolean;
  /** Who gets mails; undefined where stagelock sends none. */
  readonly mailTo: string | undefined;
  /** As cron has it. */
  readonly schedule: string;
}

/** The interval that is proposed: a look at a repository costs little. */
export const PROPOSED_INTERVAL = '10 min';
/** The same as cron has it. */
export const PROPOSED_SCHEDULE = '*/10 * * * *';

/**
 * The commented `stagelock.toml` that `stagelock init` writes. It loads as it is, and also after the comment signs are
 * removed from any of the keys and tables it suggests.
 */
export function writeTemplate(proposal: Proposal): string {
  const blocks = [
    header(proposal),
    mail(proposal),
    defaults(proposal),
    ...stages(proposal),
    build(proposal),
    update(proposal),
    ...secondary(proposal),
  ];
  return `${blocks.map((block) => block.join('\n')).join('\n\n')}\n`;
}

/** The name of the build that shares the source of the first one. */
export function secondName(proposal: Facts): string {
  const { ending } = variantOf(proposal);
  return `${proposal.name.slice(0, 63 - ending.length)}-${ending}`;
}

function header({ project }: Proposal): string[] {
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

function mail({ mailTo }: Proposal): string[] {
  return [
    '# Mails by stagelock instead of cron: to the maintainers, and to the authors of what a broken run built.',
    ...suggested(mailTo === undefined, ['[mail]', `to = [${quoted(mailTo ?? 'team@example.org')}]`]),
    '# authors = true',
    '# monitors = ["builds@example.org"]',
    `# sendmail = "${DEFAULTS.sendmail}"`,
  ];
}

function defaults({ source }: Proposal): string[] {
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

function build({ name, directory, schedule }: Proposal): string[] {
  return [
    '# A build without `primary` owns the source and updates it.',
    `[${pathText(['builds', name])}]`,
    `directory = ${quoted(directory)}`,
    '# When it runs, by `stagelock crontab --install`, `stagelock systemd --install` or `stagelock schedule`.',
    `schedule = ${quoted(schedule)}`,
    '# An update does not begin while secondaries build: "abort" with a warning (the default), or "wait" for them.',
    '# when_secondaries_build = "wait"',
    `# secondaries_timeout = "${DEFAULTS.secondariesTimeout}"`,
    '# Keeps `running` for a while after the end, so that secondaries get in before the next run.',
    '# linger = "30 s"',
  ];
}

function update(proposal: Proposal): string[] {
  const { name, update: found } = proposal;
  const isMissing = found.kind !== 'update';
  return [
    '# How to update the source; leave this table out when something else updates it.',
    ...suggested(isMissing, [`[${pathText(['builds', name, 'update'])}]`, ...updateKeys(proposal)]),
    `# timeout = "${DEFAULTS.fetchTimeout}"`,
  ];
}

function updateKeys({ update: found, submodules }: Proposal): string[] {
  const { type = 'git', remote, branch, options } = found.kind === 'update' ? found.table : {};
  const mode = `# mode = "${DEFAULTS.mode}"`;
  switch (type) {
    case 'git':
      return [
        'type = "git"',
        `remote = ${quoted(remote ?? DEFAULTS.remote)}`,
        `branch = ${quoted(branch ?? 'main')}`,
        '# Submodules that are initialised follow the tree; with `true` all of them are initialised.',
        submodules ? 'submodules = true' : '# submodules = true',
        '# "fast-forward" refuses a rewritten branch; "reset" follows it and discards local commits and changes.',
        mode,
      ];
    case 'svn':
      return [
        'type = "svn"',
        '# "fast-forward" refuses local changes that are in the way; "reset" reverts them.',
        mode,
      ];
    case 'hg':
      return [
        'type = "hg"',
        '# The named branch to follow.',
        `branch = ${quoted(branch ?? DEFAULTS.hgBranch)}`,
        '# "fast-forward" refuses what does not descend from the commit of the tree; "reset" discards local changes.',
        mode,
      ];
    case 'cvs':
      return [
        'type = "cvs"',
        ...(options === undefined ? [] : [`options = [${options.map(quoted).join(', ')}]`]),
        '# "fast-forward" refuses local changes that are in the way; "reset" overwrites them.',
        mode,
      ];
  }
}

function secondary(proposal: Proposal): string[][] {
  const { name, directory, second } = proposal;
  const { ending, tables } = variantOf(proposal);
  const other = secondName(proposal);
  const of = (...path: readonly string[]): string => `[${pathText(['builds', other, ...path])}]`;
  return [
    [
      '# A secondary shares the source of its primary and builds every update once. It has the stages of [defaults];',
      '# a stage of its own replaces single keys of them, and `enabled = false` switches one off.',
      ...suggested(!second, [
        of(),
        `primary = ${quoted(name)}`,
        `directory = ${quoted(`${directory}-${ending}`)}`,
        "# How long it waits for the end of the primary's update.",
        `# update_timeout = "${DEFAULTS.updateTimeout}"`,
      ]),
    ],
    ...tables.map(({ path, lines }) => suggested(!second, [of(...path), ...lines])),
  ];
}
