import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import type { Build } from '../../src/config/project.js';
import type { Host, ProcessFacts } from '../../src/host/host.js';
import { explainResult, type MessageContext, stateOf } from '../../src/stages/messages.js';
import type { RunResult } from '../../src/stages/run-result.js';
import type { WatchedLock } from '../../src/stages/until-free.js';
import { sameFailure, sameState } from '../../src/warnings/same-state.js';

const directory = mkdtempSync(join(tmpdir(), 'stagelock-states-'));
afterAll(() => rmSync(directory, { recursive: true }));

const build = {
  name: 'main',
  role: 'primary',
  source: '/srv/source',
  directory,
  stages: [],
} as unknown as Build;

/** What happened, apart from times and counts. */
interface State {
  readonly kind:
    | 'held'
    | 'secondaries-building'
    | 'wait-timed-out'
    | 'update-failed'
    | 'section-busy'
    | 'source-unrecorded';
  readonly path: string;
  readonly pid: number;
  readonly host: string;
  readonly user: string;
  readonly fate: 'alive' | 'dead';
  readonly cause: string;
  readonly revision: string;
}

/** What is different each time. */
interface Moment {
  readonly atMs: number;
  readonly sinceMs: number;
  readonly waitedMs: number;
  readonly log: string;
}

const states: fc.Arbitrary<State> = fc.record({
  kind: fc.constantFrom<State['kind'][]>(
    'held',
    'secondaries-building',
    'wait-timed-out',
    'update-failed',
    'section-busy',
    'source-unrecorded',
  ),
  path: fc.constantFrom(
    '/b/Testing/Temporary/running',
    '/b/Testing/Temporary/update',
    '/c/Testing/Temporary/running.s1',
  ),
  pid: fc.constantFrom(41, 42, 4242),
  host: fc.constantFrom('here', 'there'),
  user: fc.constantFrom('ci', 'anna'),
  fate: fc.constantFrom('alive', 'dead'),
  cause: fc.constantFrom(
    'failed with exit code 128:\nfatal: unable to access http://x/: The requested URL returned error: 503',
    'failed with exit code 128:\nfatal: unable to access http://x/: The requested URL returned error: 404',
    'failed with exit code 1:\nerror: Your local changes to the following files would be overwritten by merge:\n\ta.c',
    'failed with exit code 1:\nerror: Your local changes to the following files would be overwritten by merge:\n\tb.c',
    'did not end within 30 s and was ended',
  ),
  revision: fc.constantFrom(`${'a'.repeat(39)}1`, `${'a'.repeat(39)}2`),
});

const moments: fc.Arbitrary<Moment> = fc.record({
  atMs: fc.integer({ min: Date.parse('2026-01-01'), max: Date.parse('2027-01-01') }),
  sinceMs: fc.integer({ min: 0, max: 1e9 }),
  waitedMs: fc.integer({ min: 0, max: 1e8 }),
  log: fc.stringMatching(/^2026[01][0-9]{3}-[0-9]{4}$/),
});

function contextOf({ fate }: State, { atMs }: Moment): MessageContext {
  const facts: ProcessFacts = fate === 'alive' ? { kind: 'running', startedMs: 0, startTicks: 1 } : { kind: 'absent' };
  const host = { name: 'here', pid: 1, bootId: undefined, process: () => facts, now: () => atMs } as unknown as Host;
  return { host, now: new Date(atMs), configFile: '/srv/stagelock.toml', builds: new Set(['main', 's1']) };
}

function resultOf(state: State, { atMs, sinceMs, waitedMs, log }: Moment): RunResult {
  const since = new Date(atMs - sinceMs).toISOString();
  const logFile = `/b/Testing/Temporary/LastUpdate_${log}.log`;
  const lock: WatchedLock = {
    path: state.path,
    name: 'running',
    touchedMs: atMs,
    pulse: { kind: 'alive', agoMs: waitedMs % 30_000 },
    record: {
      stage: 'running',
      build: 'main',
      site: 's',
      host: state.host,
      pid: state.pid,
      user: state.user,
      since,
      command: 'stagelock run',
      buildstamp: `${log}-Continuous`,
      run: String(state.pid),
      logFile,
    },
  };
  switch (state.kind) {
    case 'held':
    case 'secondaries-building':
      return { kind: state.kind, locks: [lock] };
    case 'wait-timed-out':
      return { kind: state.kind, locks: [lock], waitedMs };
    case 'update-failed':
      return { kind: state.kind, message: `"git" "fetch" in /srv/source ${state.cause}`, logFile };
    case 'section-busy': {
      const owner = { host: state.host, pid: state.pid };
      const judgement = { fate: state.fate, why: `process ${state.pid}` };
      return {
        kind: state.kind,
        path: state.path,
        holder: { kind: 'held', owner, sinceMs: atMs - sinceMs, judgement },
      };
    }
    case 'source-unrecorded':
      return { kind: state.kind, head: state.revision, recorded: 'b'.repeat(40), waitedMs };
  }
}

/** What a person would compare: lock, owner, fate and cause, as far as the kind of end has them. */
function essence(state: State): string {
  const { kind, path, pid, host, user, fate, cause, revision } = state;
  // What became of a run on another host is not known here.
  const known = host === 'here' ? fate : 'unknown';
  switch (kind) {
    case 'update-failed':
      return JSON.stringify([kind, cause]);
    case 'section-busy':
      return JSON.stringify([kind, path, pid, host, fate]);
    case 'source-unrecorded':
      return JSON.stringify([kind, revision]);
    default:
      return JSON.stringify([kind, path, pid, host, user, known]);
  }
}

const told = (state: State, moment: Moment): string =>
  sameState(stateOf(build, resultOf(state, moment), contextOf(state, moment)) ?? '');

test('two ends of runs are told separately unless they differ in times and counts only', () => {
  fc.assert(
    fc.property(states, states, moments, moments, (a, b, one, other) => {
      expect(told(a, one) === told(b, other)).toBe(essence(a) === essence(b));
    }),
    { numRuns: 3000 },
  );
});

test('the same end is the same at any time', () => {
  fc.assert(
    fc.property(states, moments, moments, (state, one, other) => {
      expect(told(state, other)).toBe(told(state, one));
      expect(told(state, one)).not.toBe('');
    }),
    { numRuns: 1000 },
  );
});

test('ends that name a fact in the same words as the explanation differ in the state as they do there', () => {
  fc.assert(
    fc.property(states, states, moments, (a, b, moment) => {
      const lines = (state: State): string =>
        explainResult(build, resultOf(state, moment), contextOf(state, moment)).join('\n');
      // At one moment nothing but the facts differs.
      expect(told(a, moment) === told(b, moment)).toBe(lines(a) === lines(b));
    }),
    { numRuns: 1000 },
  );
});

test.each([
  ["fatal: unable to access 'http://127.0.0.1:1/x/': Failed to connect to 127.0.0.1 port 1 after %s ms", '0', '2047'],
  ['"git" "merge" "--ff-only" "%s" in /src failed', '1f2b600'.padEnd(40, '0'), '18405e5'.padEnd(40, 'a')],
  ['error: unable to write file .git/objects/tmp_obj_%s: No space left on device', 'a1B2c3', 'ZZtop9'],
  ['remote: Counting objects:  %s, done.', '45% (5/11)', '100% (11/11)'],
  ['Receiving objects: 100% (3/3), %s, done.', '1.20 MiB | 3.00 MiB/s', '900 bytes | 900.00 KiB/s'],
  ['Connection reset by %s', '140.82.121.3 port 22', '140.82.121.4 port 22'],
  ["fatal: gc is already running on machine 'x' pid %s", '17', '30211'],
  ['svn: E155004: Run 2 at %s', '2026-11-26 10:45:01', '2026-11-26T11:00:00.123456Z'],
  ['svn: E160006: No such revision %s', '17', '18'],
  ["abort: waiting for lock on /src timed out: held by process '%s' on host 'x'", '1', '77'],
  ['error: server said %s', 'Thu, 26 Nov 2026 10:45:01 GMT', 'Fri, 27 Nov 2026 00:00:01 GMT'],
  ['fatal: the remote end hung up after %s', '12 s', '1 min 3 s'],
  ['request id: %s', 'A1B2:33F:9', '0000:1:2'],
])('%j is the same failure, whatever stands there', (text, one, other) => {
  expect(sameFailure(text.replace('%s', one))).toBe(sameFailure(text.replace('%s', other)));
});

test.each([
  ['returned error: 503', 'returned error: 404'],
  ['exit code 1', 'exit code 128'],
  ['port 22: Connection refused', 'port 443: Connection refused'],
  ['Permission denied (publickey)', 'Host key verification failed'],
  ["pathspec 'release-1' did not match", "pathspec 'release-2' did not match"],
  ['would be overwritten by merge: a1.c', 'would be overwritten by merge: a2.c'],
  ['conflict in lib/v1/x.c', 'conflict in lib/v2/x.c'],
  ['was ended by SIGKILL', 'was ended by SIGSEGV'],
  ['E170013', 'E120108'],
])('%j and %j are two failures', (one, other) => {
  expect(sameFailure(one)).not.toBe(sameFailure(other));
});
