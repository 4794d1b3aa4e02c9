import * as z from 'zod/mini';
import { DEFAULTS } from './defaults.js';
import { MAX_DURATION_MS, parseDuration } from './duration.js';
import {
  BUILD_NAME_PATTERN,
  BUILD_NAME_RULE,
  isBuildName,
  isReservedStage,
  STAGE_NAME_PATTERN,
  STAGE_NAME_RULE,
} from './names.js';

/*
 * The `error` of every schema here is the phrase for what was expected (`a duration such as "90 s"`), from which
 * `explanation.ts` makes the sentence. Every key is optional, since what must be there depends on other tables
 * (`resolve.ts` says what is missing); `required` in the metadata is for editors.
 */

const line = (description: string, expected: string) =>
  z.string(expected).check(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a name with one would break XML reports and logs
    z.refine((text) => /^[^\u0000-\u001f\u007f]+$/.test(text), `${expected}, not empty, without control characters`),
    z.meta({ description }),
  );

const path = (description: string) =>
  z.string('a path').check(
    z.refine((text) => text !== '' && !text.includes('\0'), 'a path'),
    z.refine((text) => !/^~(?:\/|$)/.test(text), 'a path without `~`, which is not expanded here'),
    z.meta({ description }),
  );

const duration = (description: string, preset: string | undefined, least: 'zero' | 'positive' = 'positive') => {
  const form = 'a number of seconds or a duration such as "90 s", "10 min", "1 h 30 min", "500 ms" or "2 d"';
  const inside = (ms: number | undefined) =>
    ms === undefined || (ms <= MAX_DURATION_MS && (least === 'zero' || ms > 0));
  return z.union([z.number(), z.string()], form).check(
    z.refine((value) => parseDuration(value) !== undefined, form),
    z.refine(
      (value) => inside(parseDuration(value)),
      least === 'zero' ? 'a duration of at most 24 d' : 'a duration of more than 0 s and at most 24 d',
    ),
    z.meta({ description, ...(preset !== undefined && { default: preset }) }),
  );
};

const choice = <const T extends readonly [string, ...string[]]>(
  values: T,
  preset: string | undefined,
  description: string,
) =>
  z.enum(values, alternatives(values)).check(z.meta({ description, ...(preset !== undefined && { default: preset }) }));

const alternatives = (values: readonly string[]): string => {
  const quoted = values.map((value) => `"${value}"`);
  return [quoted.slice(0, -1).join(', '), ...quoted.slice(-1)].filter((part) => part !== '').join(' or ');
};

const environment = (description: string) =>
  z
    .record(
      z.string().check(z.refine((name) => /^[^=\0]+$/.test(name), 'the name of an environment variable')),
      z.string('a string in quotes').check(z.refine((text) => !text.includes('\0'), 'a string without NUL')),
      'a table of strings',
    )
    .check(z.meta({ description }));

const projectShape = {
  name: z.optional(line('The name of the project, as reports show it.', 'a name')),
  site: z.optional(line('The name of this machine in reports. Default: the host name.', 'a name')),
  nightly_start: z.optional(
    z.string('a time of day such as "21:00:00 UTC"').check(
      z.regex(
        /^([01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9] (UTC|[+-][0-9]{4})$/,
        'a time of day such as "21:00:00 UTC" or "21:00:00 -0500"',
      ),
      z.meta({
        description: "When the day of Nightly builds begins, as CTest's NightlyStartTime.",
        default: DEFAULTS.nightlyStart,
      }),
    ),
  ),
  strategy: z.optional(
    choice(
      ['auto', 'lockdir', 'cifs', 'flock', 'fcntl'],
      DEFAULTS.strategy,
      'How locks in one directory are taken; auto chooses from its file system. Set lockdir, which works from ' +
        'everywhere, when the server of a network file system and its clients build in one directory.',
    ),
  ),
  keep_updates: z.optional(
    z.number('a number of days').check(
      z.refine((days) => days > 0, 'a number of days, more than 0'),
      z.meta({
        description: 'How many days an update stays in the journal at least, also when every build has built it.',
        default: DEFAULTS.keepUpdates,
      }),
    ),
  ),
  lock_timeout: z.optional(
    duration('How long one step may wait for its short critical section in a directory.', DEFAULTS.lockTimeout),
  ),
};

const stageShape = {
  command: z.optional(
    z
      .array(
        z.string('a string').check(z.refine((text) => !text.includes('\0'), 'a string without NUL')),
        'an array of strings such as ["make", "all"]',
      )
      .check(
        z.refine((argv) => argv[0] !== undefined && argv[0] !== '', 'an array that begins with the program to run'),
        z.meta({ description: 'The program and its arguments, executed as they are, without a shell.', minItems: 1 }),
      ),
  ),
  shell: z.optional(
    z.string('a string for /bin/sh').check(
      z.refine((text) => text.trim() !== '' && !text.includes('\0'), 'a string for /bin/sh, not empty'),
      z.meta({ description: 'A script that `/bin/sh -c` runs. Either this or `command`.' }),
    ),
  ),
  directory: z.optional(path('Where it runs, relative to the build directory. Default: the build directory.')),
  environment: z.optional(environment('Added to the environment of this stage; prevails over that of the build.')),
  timeout: z.optional(
    duration('After this the stage and all its processes are ended. Default: that of the build.', undefined),
  ),
  grace: z.optional(duration('Time between SIGTERM and SIGKILL. Default: that of the build.', undefined, 'zero')),
  on_failure: z.optional(
    choice(['stop', 'continue'], DEFAULTS.onFailure, 'Whether the stages after this one run when it fails.'),
  ),
  report: z.optional(
    choice(
      ['configure', 'build', 'test', 'none'],
      undefined,
      'As what it is reported in Testing/<tag>: Configure.xml, Build.xml, Test.xml or not at all. Default: by its name.',
    ),
  ),
  junit: z.optional(
    path(
      'Where the tests write JUnit XML, relative to the directory of the stage; `*` stands for anything in the last name. ' +
        'Without it, the stage is reported as one test.',
    ),
  ),
  enabled: z.optional(
    z
      .boolean('true or false')
      .check(z.meta({ description: 'false switches the stage off, for example one from [defaults].', default: true })),
  ),
};

const updateShape = {
  type: z.optional(choice(['git', 'svn', 'hg', 'cvs'], 'git', 'The version control system of the source.')),
  remote: z.optional(
    line('The remote to fetch from.', 'the name of a remote').check(
      z.refine((name) => !name.startsWith('-'), 'the name of a remote, which cannot begin with a dash'),
      z.meta({ description: 'git only: the remote to fetch from.', default: DEFAULTS.remote }),
    ),
  ),
  branch: z.optional(
    line('The branch to follow.', 'the name of a branch').check(
      z.refine((name) => !name.startsWith('-'), 'the name of a branch, which cannot begin with a dash'),
      z.meta({ description: 'git: the branch of the remote to follow. hg: the named branch, `default` unless given.' }),
    ),
  ),
  url: z.optional(
    line('svn only: the URL that must be checked out. Without it, whatever is.', 'a URL').check(
      z.refine((url) => /^[a-z+]+:\/\/./.test(url), 'a URL such as "https://svn.example.org/project/trunk"'),
    ),
  ),
  options: z.optional(
    z
      .array(
        z.string('a string').check(z.refine((text) => /^-/.test(text), 'an option such as "-d"')),
        'an array of options such as ["-d", "-A", "-P"]',
      )
      .check(z.meta({ description: "cvs only: the options of `cvs update`; CTest's unless given." })),
  ),
  mode: z.optional(
    choice(
      ['fast-forward', 'reset'],
      DEFAULTS.mode,
      'fast-forward refuses a rewritten branch and local changes that are in the way; reset follows the branch and discards ' +
        'local commits and changes.',
    ),
  ),
  timeout: z.optional(duration('How long the update may take.', DEFAULTS.fetchTimeout)),
};

const stages = z
  .record(
    z.string().check(
      z.regex(STAGE_NAME_PATTERN, STAGE_NAME_RULE),
      z.refine(
        (name) => !isReservedStage(name),
        'another stage name: stagelock makes locks of that name itself; [builds.NAME.update] configures the update',
      ),
    ),
    z
      .strictObject(stageShape, 'a table')
      .check(z.meta({ description: 'One step of the build.', not: { required: ['command', 'shell'] } })),
    'a table of stages',
  )
  .check(z.meta({ description: 'The steps of the build, run in the order of the file, those of [defaults] first.' }));

const commonShape = {
  source: z.optional(
    path('The source tree, relative to this file. A secondary has that of its primary and needs none.'),
  ),
  model: z.optional(
    choice(['Experimental', 'Continuous', 'Nightly'], DEFAULTS.model, 'How the build is run and reported.'),
  ),
  environment: z.optional(environment('Added to the environment of every stage, below what a stage itself adds.')),
  update: z.optional(
    z.strictObject(updateShape, 'a table').check(
      z.meta({
        description: 'Primaries only: how the source is brought up to date. Without it, somebody else does.',
      }),
    ),
  ),
  when_secondaries_build: z.optional(
    choice(
      ['abort', 'wait'],
      DEFAULTS.whenSecondariesBuild,
      'Primaries only: what the update does while secondaries are building.',
    ),
  ),
  secondaries_timeout: z.optional(
    duration(
      'Primaries only: how long when_secondaries_build = "wait" waits for the secondaries.',
      DEFAULTS.secondariesTimeout,
    ),
  ),
  linger: z.optional(
    duration('Primaries only: how long `running` is kept after everything is done.', DEFAULTS.linger, 'zero'),
  ),
  update_timeout: z.optional(
    duration("Secondaries only: how long to wait for the end of the primary's update.", DEFAULTS.updateTimeout),
  ),
  timeout: z.optional(duration('The timeout of stages that set none.', DEFAULTS.timeout)),
  grace: z.optional(duration('Time between SIGTERM and SIGKILL for stages that set none.', DEFAULTS.grace, 'zero')),
  stages: z.optional(stages),
};

const buildShape = {
  directory: z.optional(path('The build directory, relative to this file.')),
  report_name: z.optional(
    line('What dashboards call the build (BuildName in reports). Default: its name here.', 'a name'),
  ),
  primary: z.optional(
    z
      .string('the name of a build')
      .check(z.meta({ description: 'Makes this a secondary that shares the source of the build named here.' })),
  ),
  ...commonShape,
};

/** The keys of each kind of table, by the header under which a person would write them. */
export const TABLE_KEYS: Readonly<Record<string, readonly string[]>> = {
  '[project]': Object.keys(projectShape),
  '[builds.NAME]': Object.keys(buildShape),
  '[builds.NAME.update]': Object.keys(updateShape),
  '[builds.NAME.stages.STAGE]': Object.keys(stageShape),
};

/** `stagelock.toml`, as far as it can be judged table by table. */
export const configSchema = z
  .strictObject(
    {
      project: z.optional(
        z.strictObject(projectShape, 'a table').check(z.meta({ description: 'The project.', required: ['name'] })),
      ),
      defaults: z.optional(
        z.strictObject(commonShape, 'a table').check(
          z.meta({
            description:
              'What every build has unless it says otherwise. Keys for primaries or secondaries reach only those.',
          }),
        ),
      ),
      builds: z.optional(
        z
          .record(
            z.string().check(
              z.regex(BUILD_NAME_PATTERN, BUILD_NAME_RULE),
              z.refine((name) => isBuildName(name), BUILD_NAME_RULE),
            ),
            z
              .strictObject(buildShape, 'a table')
              .check(
                z.meta({ description: 'A build: a binary directory and what runs there.', required: ['directory'] }),
              ),
            'a table of builds',
          )
          .check(z.meta({ description: 'The builds, by name.', minProperties: 1 })),
      ),
    },
    'a table',
  )
  .check(
    z.meta({
      title: 'stagelock.toml',
      description: 'Staged builds that share one source tree.',
      required: ['project', 'builds'],
    }),
  );

/** The tables of a file that fits {@link configSchema}, before defaults. */
export type ConfigTables = z.infer<typeof configSchema>;
export type BuildTable = NonNullable<ConfigTables['builds']>[string];
export type StageTable = NonNullable<BuildTable['stages']>[string];
