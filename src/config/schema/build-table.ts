import * as z from 'zod/mini';
import { DEFAULTS } from '../defaults.js';
import { stages } from './stage-table.js';
import { submitShape } from './submit-table.js';
import { updateShape } from './update-table.js';
import { choice, duration, environment, line, path } from './values.js';

/** What a build and `[defaults]` may both have. */
export const commonShape = {
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
        description: 'Primaries only: how to update the source. Leave it out when something else updates the source.',
      }),
    ),
  ),
  submit: z.optional(
    z
      .strictObject(submitShape, 'a table')
      .check(z.meta({ description: 'Where the reports of each run are sent. Without it, nowhere.' })),
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

/** `[builds.NAME]`. */
export const buildShape = {
  directory: z.optional(path('The build directory, relative to this file.')),
  report_name: z.optional(
    line('What dashboards call the build (BuildName in reports). Default: its name here.', 'a name'),
  ),
  schedule: z.optional(
    z.string('the five fields of a crontab such as "*/10 * * * *"').check(
      z.meta({
        description:
          'When `stagelock crontab` has cron run it: minute, hour, day of the month, month, day of the week; or `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`. Default of a secondary: that of its primary.',
      }),
    ),
  ),
  offset: z.optional(
    duration('How long cron waits after that, so that a secondary comes after its primary.', undefined, 'zero'),
  ),
  watch: z.optional(
    z.array(path(''), 'a list of paths').check(
      z.meta({
        description:
          'Files or directories, relative to this file, whose change has `stagelock schedule` run the build: a file that a hook of the repository touches, or a source.',
      }),
    ),
  ),
  quiet: z.optional(duration('How long nothing of `watch` may have changed before the build runs.', DEFAULTS.quiet)),
  primary: z.optional(
    z
      .string('the name of a build')
      .check(z.meta({ description: 'Makes this a secondary that shares the source of the build named here.' })),
  ),
  ...commonShape,
};
