import * as z from 'zod/mini';

/*
 * What `stagelock status --json` prints, for programs that read it. Members may be added; those that are here keep their meaning. Times
 * are ISO 8601 in UTC, durations milliseconds.
 */

const time = z.string();
const count = z.int().check(z.nonnegative());
const ms = z.number().check(z.nonnegative());

/** What became of the process behind a lock or a scheduler, and how that is known. */
const judgement = z.object({ fate: z.enum(['alive', 'dead', 'unknown']), why: z.string() });

const owner = z.object({
  stage: z.string(),
  build: z.string(),
  site: z.string(),
  host: z.string(),
  pid: z.int(),
  processStart: z.optional(z.int()),
  bootId: z.optional(z.string()),
  user: z.string(),
  since: time,
  command: z.string(),
  logFile: z.optional(z.string()),
  buildstamp: z.string(),
  run: z.string(),
});

const pulse = z.union([
  z.object({ kind: z.literal('alive'), agoMs: ms }),
  z.object({ kind: z.literal('silent'), forMs: ms }),
  z.object({ kind: z.literal('unknown') }),
]);

const lock = z.object({
  path: z.string(),
  name: z.string(),
  /** Missing when the file holds no record. */
  record: z.optional(owner),
  touchedMs: z.number(),
  judgement,
  /** Only with `--pulse`, and of locks whose owner is on another host. */
  pulse: z.optional(pulse),
});

const pastRun = z.object({
  run: z.string(),
  begun: time,
  stamp: z.string(),
  ended: z.optional(time),
  result: z.optional(z.string()),
  headline: z.optional(z.string()),
  exitCode: z.optional(z.int()),
  waitedMs: z.optional(z.number()),
  waits: z.optional(z.array(z.object({ lock: z.string(), build: z.optional(z.string()), ms }))),
  update: z.optional(z.object({ revision: z.string(), commits: z.number(), records: z.array(z.number()) })),
  stages: z.optional(z.array(z.object({ name: z.string(), outcome: z.string(), ms: z.number(), at: z.optional(ms) }))),
});

const build = z.object({
  build: z.string(),
  role: z.enum(['primary', 'secondary']),
  locks: z.array(lock),
  /** Paths of the locks that its run waits for. */
  waitsFor: z.array(z.string()),
  /** Where it waits for a free slot of a scheduler. */
  waitsForPlace: z.optional(z.object({ place: count, of: count, maxRuns: count, host: z.string(), since: time })),
  stage: z.optional(z.object({ name: z.string(), since: time, expectedMs: z.optional(ms) })),
  past: z.optional(z.object({ last: z.optional(pastRun), judged: z.optional(pastRun), passed: z.optional(pastRun) })),
  /** When it runs next by its schedule. */
  nextFiring: z.optional(time),
  /** Updates that it has yet to build. */
  owes: z.optional(count),
  /** Submissions that the dashboard has not got yet. */
  undelivered: z.object({ count, bytes: count, oldest: z.optional(z.unknown()) }),
  halfMoved: z.optional(z.string()),
  refusal: z.optional(z.object({ kind: z.enum(['claimed', 'copy', 'unreadable', 'unwritable']), file: z.string() })),
  problem: z.optional(z.string()),
  obstructed: z.optional(z.literal(true)),
});

const scheduler = z.object({
  host: z.string(),
  pid: z.int(),
  processStart: z.optional(z.int()),
  bootId: z.optional(z.string()),
  since: z.string(),
  judgement,
});

const letter = z.object({ letter: z.object({ subject: z.string() }), since: time, tries: count });

export const STATUS_REPORT = z.object({
  project: z.string(),
  builds: z.array(build),
  schedulers: z.array(scheduler),
  /** Missing where nothing is mailed. */
  mails: z.optional(
    z.object({
      waiting: z.array(letter),
      failed: z.array(letter),
      noWay: z.optional(
        z.object({ name: z.string(), since: time, why: z.string(), tries: count, tried: z.optional(time) }),
      ),
      problems: z.array(z.string()),
    }),
  ),
  /** What waits for each entry of `[[notify]]`. */
  events: z.array(z.object({ subscriber: z.string(), waiting: count })),
  /** What builds of other hosts hold in etcd; only with `[coordination]`. */
  hosts: z.optional(
    z.object({
      locks: z.array(
        z.object({
          path: z.string(),
          build: z.string(),
          name: z.string(),
          record: z.optional(owner),
          judgement,
        }),
      ),
      /** How the last runs of builds have ended that were on other hosts. */
      ends: z.array(
        z.object({
          build: z.string(),
          host: z.string(),
          /** The stage that failed first. */
          failed: z.optional(z.string()),
          /** On that host. */
          logFile: z.optional(z.string()),
          past: pastRun,
        }),
      ),
      /** Why they cannot be seen. */
      problem: z.optional(z.string()),
    }),
  ),
});

export type StatusReport = DeepReadonly<z.infer<typeof STATUS_REPORT>>;

type DeepReadonly<T> = T extends object ? { readonly [K in keyof T]: DeepReadonly<T[K]> } : T;

/** The JSON Schema of the report. Readers have to accept members that they do not know. */
export function jsonSchema(): object {
  return z.toJSONSchema(STATUS_REPORT, { target: 'draft-7', io: 'input' });
}
