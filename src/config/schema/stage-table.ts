import * as z from 'zod/mini';
import { DEFAULTS } from '../defaults.js';
import { isReservedStage, STAGE_NAME_PATTERN, STAGE_NAME_RULE } from '../names.js';
import { argv, choice, duration, environment, flag, path } from './values.js';

/** `[builds.NAME.stages.STAGE]`. */
export const stageShape = {
  command: z.optional(argv('The program and its arguments, run without a shell.', ['make', 'all'])),
  shell: z.optional(
    z.string('a string for /bin/sh').check(
      z.refine((text) => text.trim() !== '' && !text.includes('\0'), 'a string for /bin/sh, not empty'),
      z.meta({
        description:
          'A script for `/bin/sh -c`. A stage has either this or `command`. Every stage has the paths of the source and of the build in its environment: `$STAGELOCK_SOURCE`, `$STAGELOCK_BUILD_DIR`.',
        examples: ['make all && make install'],
      }),
    ),
  ),
  directory: z.optional(
    path('The working directory, relative to the build directory. Default: the build directory.', 'tests'),
  ),
  environment: z.optional(environment('Environment variables of this stage. They override those of the build.')),
  timeout: z.optional(
    duration(
      'The time limit, after which the stage and all its processes are ended. Default: that of the build.',
      '45 min',
      undefined,
    ),
  ),
  grace: z.optional(
    duration('The time between SIGTERM and SIGKILL. Default: that of the build.', '1 min', undefined, 'zero'),
  ),
  on_failure: z.optional(
    choice(['stop', 'continue'], DEFAULTS.onFailure, 'Whether later stages run after this one has failed.'),
  ),
  may_leave: z.optional(
    flag(
      'Whether processes that the command leaves behind, such as a compile server, stay alive. Otherwise they are ended with the stage. A process that reads or writes the source or the build directory must not stay.',
      DEFAULTS.mayLeave,
    ),
  ),
  errors: z.optional(
    choice(
      ['report', 'fail'],
      DEFAULTS.errors,
      'Whether errors in the log of the stage, as CTest finds them, make it fail although its command exited with 0 (`make -i`).',
    ),
  ),
  report: z.optional(
    choice(
      ['configure', 'build', 'test', 'none'],
      undefined,
      'Which report the stage becomes: Configure.xml, Build.xml, Test.xml or none. Default: by the name of the stage.',
    ),
  ),
  junit: z.optional(
    path(
      'Where the tests write JUnit XML, relative to the directory of the stage. `*` in the file name matches anything. ' +
        'Without it, the stage is reported as one test.',
      'results/*.xml',
    ),
  ),
  enabled: z.optional(flag('`false` disables the stage, for example one inherited from [defaults].', true)),
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
  .check(z.meta({ description: 'The steps of the build in the order of the file, those of [defaults] first.' }));
