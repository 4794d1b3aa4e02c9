import * as z from 'zod/mini';
import { DEFAULTS } from '../defaults.js';
import { stages } from './stage-table.js';
import { submitShape } from './submit-table.js';
import { updateShape } from './update-table.js';
import { choice, duration, environment, line, path, paths } from './values.js';

/** What a build and `[defaults]` may both have. */
export const commonShape = {
  source: z.optional(
    path('The source tree, relative to this file. A secondary uses the source of its primary.', '../src'),
  ),
  model: z.optional(
    choice(
      ['Experimental', 'Continuous', 'Nightly'],
      DEFAULTS.model,
      'The dashboard model: a Continuous run without news ends at once, a Nightly run updates to its nightly start.',
    ),
  ),
  environment: z.optional(
    environment('Environment variables of every stage of the build. Those of a stage override them.'),
  ),
  update: z.optional(
    z.strictObject(updateShape, 'a table').check(
      z.meta({
        description: 'Primaries only: how to update the source. Leave this table out if something else updates it.',
      }),
    ),
  ),
  submit: z.optional(
    z
      .strictObject(submitShape, 'a table')
      .check(z.meta({ description: 'Where each run sends its reports. Without this table, nowhere.' })),
  ),
  when_secondaries_build: z.optional(
    choice(
      ['abort', 'wait'],
      DEFAULTS.whenSecondariesBuild,
      'Primaries only: what the run does when it wants to update while secondaries are building.',
    ),
  ),
  secondaries_timeout: z.optional(
    duration(
      'Primaries only: how long `when_secondaries_build = "wait"` waits for the secondaries.',
      '1 h',
      DEFAULTS.secondariesTimeout,
    ),
  ),
  keep_logs: z.optional(
    z.int('a number of runs').check(
      z.refine((count) => count >= 1 && count <= 100_000, 'a number of runs from 1 to 100000'),
      z.meta({
        description:
          'How many logs of each stage stay: those of the newest runs that built something, and besides them those of runs that failed, as long as `stagelock log --failed` knows what failed in them (the last hundred).',
        default: DEFAULTS.keepLogs,
        examples: [500],
      }),
    ),
  ),
  linger: z.optional(
    duration(
      'Primaries only: how long the run keeps its `running` lock after its last stage.',
      '30 s',
      DEFAULTS.linger,
      'zero',
    ),
  ),
  update_timeout: z.optional(
    duration(
      "Secondaries and followers only: how long to wait for the end of the primary's update.",
      '10 min',
      DEFAULTS.updateTimeout,
    ),
  ),
  timeout: z.optional(duration('The time limit of each stage that sets none itself.', '90 min', DEFAULTS.timeout)),
  grace: z.optional(
    duration(
      'The time between SIGTERM and SIGKILL for stages that set none themselves.',
      '1 min',
      DEFAULTS.grace,
      'zero',
    ),
  ),
  stages: z.optional(stages),
};

/** `[builds.NAME]`. */
export const buildShape = {
  directory: z.optional(path('The build directory, relative to this file.', 'builds/gcc')),
  report_name: z.optional(
    line('The name of the build on dashboards (BuildName). Default: the NAME of the table.', 'a name', 'Linux-gcc-13'),
  ),
  schedule: z.optional(
    z.string('the five fields of a crontab such as "*/10 * * * *"').check(
      z.meta({
        description:
          'When the build runs: minute, hour, day of the month, month, day of the week; or `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`. Default of a secondary: the schedule of its primary.',
        examples: ['*/10 * * * *'],
      }),
    ),
  ),
  offset: z.optional(
    duration(
      `How long after each scheduled time the run starts. Default: "0 s" for a primary, "${DEFAULTS.offset}" for a secondary, which then finds the update of its primary.`,
      '45 s',
      undefined,
      'zero',
    ),
  ),
  watch: z.optional(
    paths(
      'Files and directories, relative to this file. `stagelock schedule` runs the build when one of them changes.',
      ['/srv/git/demo.git'],
    ),
  ),
  quiet: z.optional(
    duration('How long the paths of `watch` must stay unchanged before the build runs.', '1 min', DEFAULTS.quiet),
  ),
  primary: z.optional(
    z.string('the name of a build').check(
      z.meta({
        description: 'Makes this build a secondary, which shares the source of the build named here.',
        examples: ['gcc'],
      }),
    ),
  ),
  follows: z.optional(
    z.string('the name of a build').check(
      z.meta({
        description:
          'Makes this build a follower: its source, a checkout of its own on this host, is brought to what the primary named here has recorded in etcd. Needs `[coordination]`. The primary may be of another host and need not be in this file.',
        examples: ['trunk'],
      }),
    ),
  ),
  ...commonShape,
};
