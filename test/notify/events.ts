import type {
  CommandSubscriber,
  PingSubscriber,
  Project,
  StatusSubscriber,
  Subscriber,
  WebhookSubscriber,
} from '../../src/config/project.js';
import { type BuildEvent, eventId, uuidOf } from '../../src/notify/event.js';

/** An event as tests need one. */
export function event(kind: BuildEvent['event'], more: Partial<BuildEvent> = {}): BuildEvent {
  const { build = 'gcc', run = '0123456789abcdef' } = more;
  return {
    version: 1,
    event: kind,
    id: eventId(kind, build, 'demo', run),
    time: '2002-01-31T11:21:00.000Z',
    project: 'demo',
    build,
    host: 'buildhost',
    run,
    uuid: uuidOf(run),
    tag: '20020131-1120',
    stamp: '20020131-1120-Continuous',
    began: '2002-01-31T11:20:00.000Z',
    ended: '2002-01-31T11:21:00.000Z',
    result: 'stage-failed',
    exitCode: 1,
    headline: 'build failed: 1 error',
    message: [],
    stages: [{ name: 'build', outcome: 'failed', ms: 3000, log: '/b/LastBuild.log' }],
    failures: [
      {
        stage: 'build',
        end: 'failed with exit code 2 after 3 s',
        logFile: '/b/LastBuild.log',
        errors: {
          count: 1,
          orMore: false,
          first: [{ file: 'x.c', line: 3, text: 'x.c:3: error: <bad> & "worse" ```', before: [], after: [] }],
        },
        tests: { failed: 0, first: [] },
        lastLines: [],
      },
    ],
    update: {
      system: 'git',
      prior: 'a'.repeat(40),
      revision: 'b'.repeat(40),
      commits: [
        {
          revision: 'b'.repeat(40),
          author: 'Ann',
          email: 'ann@example.org',
          date: '2002-01-31T11:00:00Z',
          subject: 'x',
        },
      ],
      count: 1,
    },
    waitedMs: 0,
    waits: [],
    locks: [],
    log: '/b/LastBuild.log',
    toSeeMore: 'stagelock log gcc --show',
    ...more,
  };
}

const common = { builds: undefined, timeoutMs: 2000, keepMs: 86_400_000 };
const all = new Set(['broken', 'fixed', 'stuck', 'waited', 'run'] as const);

export function webhook(url: string, more: Partial<WebhookSubscriber> = {}): WebhookSubscriber {
  const secrets = { secret: undefined, token: undefined, allowInsecure: false };
  return {
    kind: 'webhook',
    name: 'webhook',
    ...common,
    on: all,
    url,
    caFile: undefined,
    template: 'event',
    ...secrets,
    ...more,
  };
}

export function ping(url: string, more: Partial<PingSubscriber> = {}): PingSubscriber {
  return { kind: 'ping', name: 'ping', ...common, url, caFile: undefined, ...more };
}

export function command(
  argv: readonly [string, ...string[]],
  more: Partial<CommandSubscriber> = {},
): CommandSubscriber {
  const place = { directory: '/', secretVariables: new Set<string>() };
  return { kind: 'command', name: 'command', ...common, on: all, argv, ...place, ...more };
}

export function status(url: string, token: string, more: Partial<StatusSubscriber> = {}): StatusSubscriber {
  const where = { host: 'github', repository: 'example/demo', context: undefined } as const;
  const secrets = { token: { kind: 'file', path: token }, allowInsecure: false } as const;
  return {
    kind: 'commit-status',
    name: 'commit_status',
    ...common,
    url,
    caFile: undefined,
    ...where,
    ...secrets,
    ...more,
  };
}

/** A project with these subscribers, as far as a delivery looks at it. */
export function projectOf(state: string, ...subscribers: Subscriber[]): Project {
  return {
    file: '/x/stagelock.toml',
    name: 'demo',
    mailto: undefined,
    scheduler: { timeZone: undefined, randomDelayMs: 0, state, maxRuns: 1, stopLimitMs: 0 },
    mail: undefined,
    coordination: undefined,
    subscribers,
    secretVariables: new Set(),
    builds: new Map(),
  };
}
