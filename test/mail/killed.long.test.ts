import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { rolldown } from 'rolldown';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { addLetter, hasLetters, readSpool } from '../../src/mail/spool.js';
import { letter, mailBy, smtp, to } from './correspondence.js';
import { MailServer } from './mail-server.js';

/** Below node_modules, so that what is not bundled is found. */
let bundle: string;
let directory: string;
let spool: string;
let server: MailServer;
const running = new Set<ChildProcess>();

beforeAll(async () => {
  bundle = mkdtempSync(fileURLToPath(new URL('../../node_modules/.stagelock-mail-', import.meta.url)));
  const input = fileURLToPath(new URL('../../src/mail/delivery.ts', import.meta.url));
  const build = await rolldown({ input, platform: 'node', external: ['koffi'] });
  await build.write({ dir: bundle, format: 'esm' });
  await build.close();
});

afterAll(() => rmSync(bundle, { recursive: true }));

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'stagelock-killed-'));
  spool = join(directory, 'mail');
  server = await new MailServer().listen();
});

afterEach(async () => {
  for (const child of running) child.kill('SIGKILL');
  await server.close();
  rmSync(directory, { recursive: true });
});

const SCRIPT = `
  const [module, spool, mail] = JSON.parse(process.argv[1]);
  const { deliverMail } = await import(module);
  const context = { now: () => new Date(), environment: {}, signal: new AbortController().signal, atOnce: true };
  const { end } = await deliverMail(spool, mail, context);
  process.stdout.write(end.kind);
`;

/** A process that delivers the spool. */
function deliverer(): ChildProcess {
  const module = pathToFileURL(join(bundle, 'delivery.js')).href;
  const order = JSON.stringify([module, spool, mailBy(smtp(server.port))]);
  const child = spawn(process.execPath, ['--input-type=module', '-e', SCRIPT, order], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  running.add(child);
  child.once('exit', () => running.delete(child));
  return child;
}

async function endOf(child: ChildProcess): Promise<string> {
  let said = '';
  child.stdout?.on('data', (chunk) => {
    said += chunk;
  });
  await once(child, 'close');
  return said;
}

/** How often each got each letter. */
function counts(): Map<string, number> {
  const result = new Map<string, number>();
  for (const line of server.got) result.set(line, (result.get(line) ?? 0) + 1);
  return result;
}

const LETTERS = 12;

function fill(): string[] {
  return Array.from({ length: LETTERS }, (_, index) => {
    const id = `letter-${index + 10}`;
    addLetter(spool, letter(id, { to: to('ann@example.org', 'bob@example.org') }), new Date());
    return [`<${id}@example.org> ann@example.org`, `<${id}@example.org> bob@example.org`];
  }).flat();
}

describe('a process that is killed while it delivers', () => {
  test('loses nothing: who has not got a letter gets it from the next, and twice at most where it was killed', async () => {
    const expected = fill();
    let kills = 0;
    let victim: ChildProcess | undefined;
    /** Killed as it is asked for the n-th time: in the middle of a transaction, or when only the server knows that it was taken. */
    let fuse = 0;
    const burn = (): void => {
      if (--fuse !== 0 || victim === undefined) return;
      victim.kill('SIGKILL');
      kills++;
    };
    server.recipients = () => {
      burn();
      return undefined;
    };
    server.taken = burn;
    for (let round = 1; hasLetters(spool); round++) {
      expect(round).toBeLessThan(60);
      // Three events for each letter; the fuses reach some events of the first four.
      fuse = 1 + (round % 11);
      victim = deliverer();
      await endOf(victim);
    }
    expect(kills).toBeGreaterThan(3);
    const got = counts();
    expect([...got.keys()].toSorted()).toEqual(expected.toSorted());
    const twice = [...got.values()].reduce((sum, count) => sum + count - 1, 0);
    // A letter goes to two.
    expect(twice).toBeLessThanOrEqual(2 * kills);
    expect(twice).toBeGreaterThan(0);
  });

  test('at any time leaves a spool that the next can deliver', async () => {
    const expected = fill();
    for (let round = 0; round < 12; round++) {
      const victim = deliverer();
      setTimeout(() => victim.kill('SIGKILL'), 60 + 37 * round);
      await endOf(victim);
      expect(readSpool(spool).problems).toEqual([]);
    }
    expect(await endOf(deliverer())).toBe('empty');
    expect([...counts().keys()].toSorted()).toEqual(expected.toSorted());
    expect(Math.max(...counts().values())).toBeLessThanOrEqual(12);
  });
});

describe('several processes that deliver the same spool at once', () => {
  test('send each letter once', async () => {
    const expected = fill();
    const ends = await Promise.all([deliverer(), deliverer(), deliverer()].map(endOf));
    expect(ends.toSorted().at(-1)).toBe('empty');
    expect(server.got.toSorted()).toEqual(expected.toSorted());
    expect(hasLetters(spool)).toBe(false);
  });
});
