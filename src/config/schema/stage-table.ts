import * as z from 'zod/mini';
import { DEFAULTS } from '../defaults.js';
import { isReservedStage, STAGE_NAME_PATTERN, STAGE_NAME_RULE } from '../names.js';
import { choice, duration, environment, path } from './values.js';

/** `[builds.NAME.stages.STAGE]`. */
export const stageShape = {
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
  may_leave: z.optional(
    z.boolean('true or false').check(
      z.meta({
        description:
          'Whether processes that the command leaves behind (a compile server, a daemon) live on. Otherwise they are ended, ' +
          'and the stage has ended when all of them have. What reads or writes the source or the build directory must not be left behind.',
        default: DEFAULTS.mayLeave,
      }),
    ),
  ),
  errors: z.optional(
    choice(
      ['report', 'fail'],
      DEFAULTS.errors,
      'Whether errors found in the log of the stage, as CTest finds them, make it fail although its command exited with 0 (`make -i`).',
    ),
  ),
  report: z.optional(
    choice(
      ['configure', 'build', 'test', 'none'],
      undefined,
      'How the stage is reported in Testing/<tag>: Configure.xml, Build.xml, Test.xml or not at all. Default: by its name.',
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

/** `[builds.NAME.stages]`. */
export const stages = z
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
