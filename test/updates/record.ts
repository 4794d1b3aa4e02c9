import type { Change, UpdateRecord } from '../../src/updates/record.js';

export function change(revision: string, ...paths: string[]): Change {
  return {
    revision,
    author: `author of ${revision}`,
    email: 'a@example.org',
    date: '2026-01-02T03:04:05+01:00',
    committer: 'c',
    committerEmail: 'c@example.org',
    committedDate: '2026-01-02T03:04:06Z',
    log: `message of ${revision}\n`,
    files: paths.map((path) => ({ path, status: 'modified' as const })),
  };
}

export function record(sequence: number, prior: string, revision: string, changes: readonly Change[]): UpdateRecord {
  const minute = String(sequence % 60).padStart(2, '0');
  return {
    format: 1,
    sequence,
    buildstamp: `20260102-10${minute}-Continuous`,
    type: 'git',
    prior,
    revision,
    started: `2026-01-02T10:${minute}:00.000Z`,
    ended: `2026-01-02T10:${minute}:30.000Z`,
    changes,
  };
}
