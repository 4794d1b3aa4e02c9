import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Project } from '../../src/config/project.js';
import { deliverPost, mailSpoolOf, postLetter } from '../../src/mail/post-office.js';
import { letter, mailBy, smtp } from './correspondence.js';
import { MailServer } from './mail-server.js';

test('the mails of a project go from its state to its server', async () => {
  const state = mkdtempSync(join(tmpdir(), 'stagelock-post-'));
  const server = await new MailServer().listen();
  try {
    const scheduler = { timeZone: undefined, randomDelayMs: 0, state, maxRuns: 1, stopLimitMs: 0 };
    const common = {
      file: '/x/stagelock.toml',
      name: 'demo',
      mailto: undefined,
      subscribers: [],
      coordination: undefined,
      secretVariables: new Set<string>(),
      builds: new Map(),
    };
    const project: Project = { ...common, scheduler, mail: mailBy(smtp(server.port)) };
    const context = { now: () => new Date(), environment: {}, signal: new AbortController().signal, atOnce: false };
    expect(postLetter(project, letter('a'), new Date())).toBe('added');
    expect(readdirSync(mailSpoolOf(project))).toEqual(['20020131T112100000Z-a.json']);
    expect(await deliverPost({ ...project, mail: undefined }, context)).toMatchObject({ delivered: 0 });
    expect(await deliverPost(project, context)).toMatchObject({ delivered: 1, end: { kind: 'empty' } });
    expect(server.got).toEqual(['<a@example.org> ann@example.org']);
  } finally {
    await server.close();
    rmSync(state, { recursive: true });
  }
});
