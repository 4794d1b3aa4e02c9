import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import type { World } from '../support/world.js';
import { missing, stagelock, startOnTerminal } from './programs.js';
import { Worlds } from './worlds.js';

const worlds = new Worlds();
afterEach(() => worlds.remove());
const noTerminal = missing('script');

/** Clears the screen, renames the window, runs backwards, is not seen, forges a line, and would run in a shell. */
const NASTY =
  'x\nstagelock: all clear\r\u001b[2J\u001b]0;owned\u0007\u009b31m\u202ey\u2028z\u200b\u007f\u{e0041}; touch /tmp/owned #';
/** A time as Date.parse takes it: what stands in parentheses is a comment to it. */
const NASTY_TIME = `Thu, 01 Jan 2026 (${NASTY.replaceAll(/[()]/g, '')}) 00:00:00 GMT`;

/** What we write to a terminal ourselves: the live line, and readline's question. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const OURS = /\r+\n|\r\u001b\[K|\u001b\[\d*[GJ]/g;
const STEERS = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{DI}]/u;

function expectHarmless(output: string, command: string): void {
  const plain = output.replaceAll(OURS, '\n').replaceAll(/[\n\t]/g, ' ');
  const at = STEERS.exec(plain)?.index ?? -1;
  expect({ command, raw: at < 0 ? '' : plain.slice(Math.max(0, at - 80), at + 40) }).toEqual({ command, raw: '' });
  const lines = output.split(/\r?\n/);
  expect(lines.filter((line) => line.startsWith('stagelock: all clear'))).toEqual([]);
  // A name in a command to copy is of the configuration, or quoted.
  expect(lines.filter((line) => /stagelock --config [^'"]*; touch/.test(line))).toEqual([]);
}

/** Runs a command on a terminal; the answer to each question is no. */
async function onTerminal(world: World, args: readonly string[]): Promise<string> {
  const running = startOnTerminal(
    world,
    args.map((word) => `'${word.replaceAll("'", "'\\''")}'`),
    // What it colours itself is no harm.
    { NO_COLOR: '1', PAGER: 'cat' },
  );
  running.type('n\n');
  const { stdout } = await running.ended;
  return stdout;
}

const lockText = (fields: object): string =>
  JSON.stringify({
    stage: 'running',
    build: 'main',
    site: 's',
    host: hostname(),
    pid: 4_000_000,
    user: 'ci',
    since: '2026-01-02T03:04:05.000Z',
    command: 'stagelock run',
    buildstamp: '20260102-0304-Continuous',
    run: '0123456789abcdef',
    ...fields,
  });

/** A lock without a field of the form that a run writes is none; these are the fields that may hold any text, and the others at once. */
const FIELDS = ['stage', 'build', 'site', 'host', 'user', 'since', 'command', 'buildstamp', 'run', 'bootId', 'logFile'];

const READERS = [
  ['status'],
  ['status', 'main'],
  ['status', '--json'],
  ['unlock', 'main'],
  ['unlock', 's1'],
  ['run', 'main'],
  ['run', 's1'],
  ['updates'],
  ['updates', '--json'],
  ['log', 'main'],
  ['log', 'main', '--json'],
  ['log', 'main', '--failed'],
  ['log', 'main', '--show'],
  ['log', 'main', '--follow'],
  ['check'],
  ['check', '--json'],
  ['mail'],
  ['mail', '--json'],
  ['submit'],
];

describe.skipIf(noTerminal !== undefined)(
  `what others wrote${noTerminal === undefined ? '' : ` (${noTerminal})`}`,
  () => {
    test('into any field of a stage lock steers no terminal and forges no line', async () => {
      const world = await worlds.built({ primary: 'when_secondaries_build = "abort"' });
      world.commit(1);
      const log = join(world.temporary('main'), 'LastBuild_\u001b[2J\nstagelock: all clear.log');
      writeFileSync(log, `${NASTY}\n${NASTY}`);
      const values = (field: string): unknown[] => [
        field === 'since' ? NASTY_TIME : field === 'logFile' ? `/tmp/${NASTY}` : NASTY,
        ...(field === 'logFile' ? [log] : []),
      ];
      const forged = FIELDS.flatMap((field) => values(field).map((value) => ({ [field]: value })));
      for (const fields of [
        ...forged,
        Object.assign({}, ...forged),
        { user: NASTY, host: NASTY, command: NASTY, logFile: log },
      ]) {
        writeFileSync(join(world.temporary('main'), 'running'), lockText(fields));
        for (const command of [['status'], ['unlock', 'main']]) {
          expectHarmless(
            await onTerminal(world, command),
            `${command.join(' ')} of ${JSON.stringify(Object.keys(fields))}`,
          );
        }
      }
      expectHarmless(await onTerminal(world, ['run', 'main']), 'run');
      expectHarmless((await stagelock(world, ['run', 'main'])).stderr, 'run by cron');
      expectHarmless((await stagelock(world, ['unlock', 'main', '--yes'])).stderr, 'unlock --yes');
      rmSync(join(world.temporary('main'), 'running'));
      // The mark of a secondary: its build is the one of its name, whatever it says of itself.
      writeFileSync(
        join(world.temporary('main'), 'running.s1'),
        lockText({ build: 'p; touch /tmp/owned #', user: NASTY }),
      );
      writeFileSync(join(world.temporary('main'), 'running.gone'), lockText({ build: 'main', host: NASTY }));
      const { stderr } = await stagelock(world, ['run', 'main']);
      expectHarmless(stderr, 'run beside secondaries');
      expect(
        stderr,
      ).toContain(`clear them: rm ${join(world.temporary('main'), 'running.gone')} and stagelock --config ${world.configFile} unlock s1
`);
      expectHarmless(await onTerminal(world, ['run', 'main']), 'run beside secondaries');
    }, 240_000);

    test('into any shared file steers no terminal and forges no line, whatever reads it', async () => {
      const world = await worlds.built({ defaults: 'update_timeout = "1 s"' });
      writeFileSync(
        world.configFile,
        `${readFileSync(world.configFile, 'utf8')}\n[mail]\nto = ["team@example.org"]\nsendmail = "false"\n`,
      );
      const testing = join(world.temporary('main'), '..');
      const journal = join(testing, 'Updates');
      const state = join(world.root, 'stagelock.state');
      const spool = join(state, 'mail');
      mkdirSync(join(spool, 'failed'), { recursive: true });
      const commit = {
        revision: NASTY,
        author: NASTY,
        email: NASTY,
        date: NASTY,
        committer: NASTY,
        committerEmail: NASTY,
      };
      const change = { ...commit, committedDate: NASTY, log: NASTY, files: [{ path: NASTY, status: 'added' }] };
      const last = readdirSync(journal).filter((name) => name.endsWith('.json')).length;
      const record = { format: 1, type: 'git', buildstamp: NASTY, prior: NASTY, revision: NASTY };
      const times = { started: NASTY_TIME, ended: NASTY_TIME };
      const write = (sequence: number, value: unknown): void =>
        writeFileSync(join(journal, `${String(sequence).padStart(8, '0')}.json`), JSON.stringify(value));
      write(last + 1, {
        ...record,
        ...times,
        sequence: last + 1,
        changes: [change],
        modified: [NASTY],
        conflicting: [NASTY],
      });
      write(last + 2, NASTY);
      writeFileSync(join(journal, 'cursors', 's1.json'), NASTY);
      writeFileSync(join(journal, 'cursors', `evil${'\u001b'}[2J.json`), NASTY);
      const run = { run: NASTY, begun: NASTY_TIME, stamp: NASTY, ended: NASTY_TIME, result: NASTY, waitedMs: 5000 };
      const update = { revision: NASTY, commits: 1, records: [1] };
      const lines = [{ ...run, update, stages: [{ name: NASTY, outcome: NASTY, ms: 1 }] }, { ...run, run: 'b' }, NASTY];
      writeFileSync(join(testing, 'History.jsonl'), lines.map((line) => `\n${JSON.stringify(line)}\n`).join(''));
      writeFileSync(
        join(world.temporary('main'), 'Warnings.json'),
        JSON.stringify({
          run: [{ key: NASTY, since: NASTY_TIME, told: NASTY_TIME, times: 1, withheld: 3, seen: NASTY_TIME }],
        }),
      );
      writeFileSync(
        join(state, 'scheduler.evil.json'),
        JSON.stringify({ host: NASTY, pid: 1, since: NASTY, bootId: NASTY }),
      );
      const letter = { from: { address: 'a@example.org', name: NASTY }, to: [{ address: 'b@example.org' }], cc: [] };
      const text = { subject: NASTY, text: NASTY, html: NASTY, date: '2026-01-01T00:00:00Z' };
      const missed = [{ address: 'b@example.org', why: NASTY }];
      const spooled = (id: string): string =>
        JSON.stringify({
          letter: { id, ...letter, ...text },
          since: NASTY_TIME,
          tries: 1,
          waiting: missed,
          refused: missed,
        });
      for (const directory of [spool, join(spool, 'failed')]) {
        writeFileSync(join(directory, '20260101T000000000Z-job.1.json'), spooled('job.1'));
        writeFileSync(join(directory, '20260101T000000001Z-job.2.json'), NASTY);
      }
      writeFileSync(
        join(spool, 'no-way.json'),
        JSON.stringify({ name: NASTY, since: NASTY_TIME, why: NASTY, tries: 1, tried: '2026-01-01T00:00:00Z' }),
      );
      for (const command of READERS) expectHarmless(await onTerminal(world, command), command.join(' '));
      world.commit(1);
      for (const build of ['main', 's1']) {
        const { stdout, stderr } = await stagelock(world, ['run', build]);
        expectHarmless(stdout + stderr, `run ${build} by cron`);
      }
      writeFileSync(join(world.temporary('main'), '.lock-strategy'), NASTY);
      for (const command of READERS)
        expectHarmless(await onTerminal(world, command), `${command.join(' ')} (strategy)`);
    }, 240_000);

    test('into object locks and logs of waits, or called their files, steers no terminal', async () => {
      const world = worlds.make();
      const directory = mkdtempSync(join(world.root, 'objects-'));
      onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
      const name = join(directory, NASTY.replaceAll('/', '_'));
      for (const owner of [
        `${NASTY.replaceAll(/\s/g, '')}:1`,
        'h\u009b31m:1',
        'h\u0000:1',
        `${'h'.repeat(300)}:1`,
        '\u001b[2J:1:x',
      ]) {
        for (const target of [join(directory, 'a.o'), name]) {
          mkdirSync(`${target}.lockdir`, { recursive: true });
          writeFileSync(`${target}.lockdir/pid`, owner);
          for (const wait of ['0', '0.2']) {
            const command = ['exec', '--strategy', 'lockdir', '--lock', target, '--wait', wait, '--', 'true'];
            expectHarmless(await onTerminal(world, command), command.join(' '));
          }
        }
      }
      const entry = {
        at: '2026-01-01T00:00:00Z',
        target: NASTY,
        strategy: NASTY,
        owner: `${NASTY}:1`,
        by: `${NASTY}:2`,
      };
      const waits = join(world.root, `waits\u001b[2J`);
      writeFileSync(waits, `${JSON.stringify({ ...entry, waitedMs: 5, heldMs: 5 })}\n${NASTY}\n`);
      expectHarmless(await onTerminal(world, ['contention', waits]), 'contention');
      expectHarmless(await onTerminal(world, ['contention', '--json', waits]), 'contention --json');
      expectHarmless(await onTerminal(world, ['contention', name]), 'contention of nothing');
      expectHarmless(await onTerminal(world, ['doctor', name]), 'doctor of nothing');
      writeFileSync(join(directory, '.lock-strategy'), NASTY);
      const held = ['exec', '--lock', join(directory, 'b.o'), '--', 'true'];
      expectHarmless(await onTerminal(world, held), 'exec with a strange strategy');
    }, 120_000);

    test('into a configuration that is wrong, or the words of a command line, steers no terminal', async () => {
      const world = worlds.make();
      const strange = join(world.root, 'strange\u001b[2J\nstagelock: all clear.toml');
      for (const text of [
        `[project]\nname = ${JSON.stringify(NASTY).replaceAll('\u007f', '\\u007f')}\n`,
        `${readFileSync(world.configFile, 'utf8')}\n["\\u001b[2J"]\nx = 1\n`,
        `${readFileSync(world.configFile, 'utf8')}\n[builds."a\\u001b[2J\\nstagelock: all clear"]\ndirectory = "/x"\n`,
        `[project]\nname = "\u001b[2J`,
        NASTY,
      ]) {
        writeFileSync(strange, text);
        for (const command of [['check'], ['check', '--json'], ['status']]) {
          expectHarmless(await onTerminal(world, ['--config', strange, ...command]), `${command.join(' ')}: ${text}`);
        }
      }
      for (const command of [
        ['run', NASTY],
        ['unlock', NASTY],
        ['log', '--count', NASTY.replaceAll('\n', '')],
        [NASTY.replaceAll('\n', '')],
        ['status', `--${NASTY.replaceAll('\n', '')}`],
      ]) {
        expectHarmless(await onTerminal(world, command), JSON.stringify(command));
      }
    }, 120_000);
  },
);
