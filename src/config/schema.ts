import * as z from 'zod/mini';
import { BUILD_NAME_PATTERN, BUILD_NAME_RULE, isBuildName } from './names.js';
import { buildShape, commonShape } from './schema/build-table.js';
import { coordinationShape } from './schema/coordination-table.js';
import { mailShape } from './schema/mail-table.js';
import { notifyShape } from './schema/notify-table.js';
import { projectShape } from './schema/project-table.js';
import { schedulerShape } from './schema/scheduler-table.js';
import { stageShape } from './schema/stage-table.js';
import { submitShape } from './schema/submit-table.js';
import { updateShape } from './schema/update-table.js';

/** The keys of each kind of table, by the header under which a person would write them. */
export const TABLE_KEYS: Readonly<Record<string, readonly string[]>> = {
  '[project]': Object.keys(projectShape),
  '[scheduler]': Object.keys(schedulerShape),
  '[mail]': Object.keys(mailShape),
  get '[[notify]]'() {
    return Object.keys(notifyShape());
  },
  get '[coordination]'() {
    return Object.keys(coordinationShape());
  },
  '[builds.NAME]': Object.keys(buildShape),
  '[builds.NAME.update]': Object.keys(updateShape),
  '[builds.NAME.submit]': Object.keys(submitShape),
  '[builds.NAME.stages.STAGE]': Object.keys(stageShape),
};

/** `stagelock.toml`, as far as it can be judged table by table. */
export const configSchema = z
  .strictObject(
    {
      project: z.optional(
        z.strictObject(projectShape, 'a table').check(z.meta({ description: 'The project.', required: ['name'] })),
      ),
      scheduler: z.optional(
        z
          .strictObject(schedulerShape, 'a table')
          .check(z.meta({ description: 'The scheduler, `stagelock schedule`.' })),
      ),
      mail: z.optional(
        z.strictObject(mailShape, 'a table').check(
          z.meta({
            description:
              'Mails to the maintainers, with what cron would have mailed, and to the authors of broken builds.',
          }),
        ),
      ),
      notify: z.optional(
        z.lazy(() =>
          z
            .array(
              z.strictObject(notifyShape(), 'a table').check(
                z.meta({
                  description:
                    'A command, a webhook, a dead-man service or the statuses of commits, which get what happens to builds. Each entry has exactly one of `command`, `webhook`, `ping` and `commit_status`.',
                }),
              ),
              'tables [[notify]]',
            )
            .check(z.meta({ description: 'Who else is told what happens to builds.' })),
        ),
      ),
      coordination: z.optional(
        z.lazy(() =>
          z.strictObject(coordinationShape(), 'a table').check(
            z.meta({
              description:
                'Locks and updates in etcd instead of files, for hosts that share nothing but a network. Without it, hosts share a file system.',
              required: ['etcd'],
            }),
          ),
        ),
      ),
      defaults: z.optional(
        z.strictObject(commonShape, 'a table').check(
          z.meta({
            description: 'Values that builds inherit. Primaries ignore keys for secondaries, and the other way round.',
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
            z.strictObject(buildShape, 'a table').check(
              z.meta({
                description: 'A build: a build directory and the stages that run in it.',
                required: ['directory'],
              }),
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
export type MailTable = NonNullable<ConfigTables['mail']>;
export type NotifyTable = NonNullable<ConfigTables['notify']>[number];
export type CoordinationTable = NonNullable<ConfigTables['coordination']>;
export type BuildTable = NonNullable<ConfigTables['builds']>[string];
export type SubmitTable = NonNullable<BuildTable['submit']>;
export type StageTable = NonNullable<BuildTable['stages']>[string];
