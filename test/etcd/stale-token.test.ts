import { createServer } from 'node:http';
import { expect, test } from 'vitest';
import { Etcd } from '../../src/etcd/etcd.js';

/** What etcd had for a watch with an expired token before it told it from a lack of rights; the one of these tests is newer. */
test('a watch that may not watch by an old token gets a new one, once', async () => {
  let tokens = 0;
  let mayWatch = 2;
  const server = createServer((request, response) => {
    request.resume().on('end', () => {
      if (request.url === '/v3/auth/authenticate') return void response.end(JSON.stringify({ token: `t${++tokens}` }));
      const token = Number(request.headers.authorization?.slice(1));
      const denied = { created: true, canceled: true, cancel_reason: 'etcdserver: permission denied' };
      const kv = { key: Buffer.from('/a').toString('base64'), mod_revision: '7' };
      const lines = token < mayWatch ? [denied] : [{ created: true }, { events: [{ kv }] }];
      for (const result of lines) response.write(`${JSON.stringify({ result })}\n`);
      if (token < mayWatch) response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const endpoint = `http://127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}`;
  const login = { user: 'u', password: { kind: 'variable', name: 'P' } as const };
  const etcd = new Etcd({ endpoints: [endpoint], login, requestTimeoutMs: 5000 }, { P: 'p' });
  const follow = async (): Promise<string[]> => {
    const revisions: string[] = [];
    const ending = new AbortController();
    await etcd.watch('/', {
      signal: ending.signal,
      onEvents: (_, revision) => {
        revisions.push(revision);
        ending.abort();
      },
      onReset: () => {},
    });
    return revisions;
  };
  try {
    expect(await follow()).toEqual(['7']);
    expect(tokens).toBe(2);
    mayWatch = 100;
    await expect(follow()).rejects.toMatchObject({ kind: 'refused', reason: 'permission' });
    expect(tokens).toBe(3);
  } finally {
    await etcd.close();
    server.closeAllConnections();
    server.close();
  }
});
