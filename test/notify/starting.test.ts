import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Starting } from '../../src/notify/starting.js';
import { event, ping } from './events.js';
import { Receiver, silent } from './receiver.js';

let receiver: Receiver;

beforeEach(async () => {
  receiver = await new Receiver().listen();
});

afterEach(() => receiver.close());

describe('the news that a run has begun', () => {
  test('comes through while the run goes on, also when the run is over at once', async () => {
    const starting = new Starting({});
    starting.tell([ping(`${receiver.url}/a`), ping(`${receiver.url}/b`)], event('start'));
    await starting.end(5000);
    expect(receiver.paths.map((path) => path.replace(/\?.*/, '')).sort()).toEqual(['/a/start', '/b/start']);
  });

  test('is broken off at the end of the run when the server does not answer', async () => {
    receiver.usual = silent;
    const starting = new Starting({});
    starting.tell([ping(receiver.url, { timeoutMs: 60_000 })], event('start'));
    await receiver.until(1);
    const began = performance.now();
    await starting.end(200);
    expect(performance.now() - began).toBeLessThan(5000);
  });

  test('is not sent any more when the run is over: a server that comes back gets the end alone', async () => {
    const { url } = receiver;
    await receiver.close();
    const starting = new Starting({});
    starting.tell([ping(url)], event('start'));
    await new Promise((resolve) => setTimeout(resolve, 500));
    await starting.end(1000);
    receiver = await new Receiver().listen(Number(new URL(url).port));
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect(receiver.received).toEqual([]);
  });

  test('is no matter of the run when nothing of it works', async () => {
    const starting = new Starting({});
    starting.tell([ping(receiver.url, { caFile: '/no/such/file' })], event('start'));
    await expect(starting.end(1000)).resolves.toBeUndefined();
  });
});
