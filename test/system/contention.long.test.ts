import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { expect, onTestFinished, test } from 'vitest';
import { momentText } from '../../src/text/moment.js';
import { STAGELOCK } from './programs.js';

function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'stagelock-contention-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

function contention(args: readonly string[], input?: string, node: readonly string[] = []) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [...node, STAGELOCK, 'contention', ...args], {
    input: input ?? '',
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  return { status, stdout, stderr };
}

const entry = (target: string, waitedMs: number): string =>
  `${JSON.stringify({ at: '2026-11-23T10:00:00Z', target, strategy: 'flock', owner: 'b:1', by: 'a:2', waitedMs, heldMs: 5 })}\n`;

test('a log with a torn last line, from a file and from standard input', () => {
  const file = join(temporaryDirectory(), 'waits.log');
  const text = entry('/obj/a.o', 400) + entry('/obj/b.o', 300) + entry('/obj/c.o', 1).slice(0, 30);
  writeFileSync(file, text);
  const read = contention([file]);
  expect(read).toMatchObject({ status: 0, stderr: '' });
  expect(read.stdout).toContain(`${file}: 2 waits from ${momentText('2026-11-23T10:00:00Z')} to`);
  expect(read.stdout).toContain('1 line skipped: torn');
  expect(read.stdout.indexOf('/obj/a.o')).toBeLessThan(read.stdout.indexOf('/obj/b.o'));
  expect(contention(['-'], text).stdout).toContain('standard input: 2 waits');
  const json = JSON.parse(contention(['--json', '--top', '1', file]).stdout);
  expect(json).toMatchObject({
    file,
    from: '2026-11-23T10:00:00.000Z',
    waits: 2,
    waitedMs: 700,
    skippedLines: 1,
    targets: [{ target: '/obj/a.o', waits: 1, waitedMs: 400, heldMostBy: 'b' }],
    others: { waits: 1, waitedMs: 300 },
  });
});

test('what is wrong is said in a line', () => {
  const directory = temporaryDirectory();
  expect(contention([join(directory, 'no')])).toMatchObject({ status: 2, stdout: '' });
  expect(contention([join(directory, 'no')]).stderr).toMatch(
    /^stagelock: \S+no: there is no such file; .*CT_LOCK_LOG.*\n$/,
  );
  expect(contention([directory])).toMatchObject({ status: 2, stderr: expect.stringContaining('is a directory') });
  expect(contention(['--top', 'ten', directory]).stderr).toBe(
    'stagelock: --top ten: expected a number of at least 1\n',
  );
  expect(contention([]).status).toBe(2);
});

test('a big log in little memory, although each line has another target', async () => {
  const file = join(temporaryDirectory(), 'waits.log');
  const lines = 600_000;
  const out = createWriteStream(file);
  for (let at = 0; at < lines; at += 10_000) {
    let text = '';
    for (let number = at; number < at + 10_000; number++) {
      text += entry(number % 1000 === 0 ? '/obj/worst.o' : `/obj/${'d'.repeat(80)}/${number}.o`, 7);
    }
    if (!out.write(text)) await once(out, 'drain');
  }
  out.end();
  await finished(out);
  // All of them together would take several hundred megabytes.
  const read = contention(['--json', '--top', '1', file], '', ['--max-old-space-size=64']);
  expect(read).toMatchObject({ status: 0, stderr: '' });
  expect(JSON.parse(read.stdout)).toMatchObject({
    waits: lines,
    waitedMs: lines * 7,
    targets: [{ target: '/obj/worst.o', waits: 600, waitedMs: 4200 }],
    others: { waits: lines - 600 },
  });
});

test('a reader that has seen enough is no error', async () => {
  const file = join(temporaryDirectory(), 'waits.log');
  writeFileSync(file, Array.from({ length: 5000 }, (_, number) => entry(`/obj/${number}`, number)).join(''));
  const command = `"$0" "$1" contention --top 5000 "$2" | head -1; exit \${PIPESTATUS[0]}`;
  const child = spawn('bash', ['-c', command, process.execPath, STAGELOCK, file]);
  let errors = '';
  child.stderr.on('data', (text) => {
    errors += text;
  });
  child.stdout.resume();
  const code = await new Promise((resolve) => child.once('close', resolve));
  expect([code, errors]).toEqual([0, '']);
});
