import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { describeFailure, exitCodeOfFailure } from '../../src/cli/failure.js';
import { exitCodeOf, type RunEvent, run, thisHost } from '../../src/index.js';
import { RunRecorder } from '../../src/stages/history.js';
import type { World } from '../support/world.js';
import { stagelock } from './programs.js';
import { Worlds } from './worlds.js';

const worlds = new Worlds();
afterEach(() => worlds.remove());

const VICTIM = 'of another user\n';

/** What a stranger, an accident or a bad restore puts where a file of ours belongs. */
const PLANTS: Readonly<Record<string, (path: string, victim: string) => void>> = {
  link: (path, victim) => symlinkSync(victim, path),
  dangling: (path, victim) => symlinkSync(`${victim}.new`, path),
  fifo: (path) => void execFileSync('mkfifo', [path]),
  directory: (path) => {
    mkdirSync(path);
    writeFileSync(join(path, 'of-a-person'), '');
  },
  socket: (path) =>
    void execFileSync('python3', ['-c', 'import socket,sys; socket.socket(socket.AF_UNIX).bind(sys.argv[1])', path]),
  'hard link': (path, victim) => linkSync(victim, path),
  garbage: (path) => writeFileSync(path, '\u0000{"format":'),
  empty: (path) => writeFileSync(path, ''),
  huge: (path) => {
    writeFileSync(path, '');
    truncateSync(path, 2 ** 40);
  },
};

const tags = () =>
  [0, 60_000].map((ms) => {
    const [day = '', time = ''] = new Date(Date.now() + ms).toISOString().split('T');
    return `${day.replaceAll('-', '')}-${time.slice(0, 5).replace(':', '')}`;
  });

const PLACES: Readonly<Record<string, () => readonly string[]>> = {
  TAG: () => ['TAG'],
  Temporary: () => ['Temporary'],
  '.lock-strategy': () => ['Temporary/.lock-strategy'],
  'protocol.lock': () => ['Temporary/protocol.lock'],
  'LastUpdate.xml': () => ['Temporary/LastUpdate.xml'],
  'Warnings.json': () => ['Temporary/Warnings.json'],
  'StageDurations.json': () => ['Temporary/StageDurations.json'],
  'the log of a stage': () => tags().map((tag) => `Temporary/LastBuild_${tag}.log`),
  'the log of the update': () => tags().map((tag) => `Temporary/LastUpdate_${tag}.log`),
  'History.jsonl': () => ['History.jsonl'],
  Updates: () => ['Updates'],
  cursors: () => ['Updates/cursors'],
  'a cursor': () => ['Updates/cursors/main.json'],
  'the last record': () => ['Updates/00000001.json'],
  'the next record': () => ['Updates/00000002.json'],
  'the reports': () => tags(),
  'a report': () => tags().map((tag) => `${tag}/Update.xml`),
};

/** What a process remembers of a directory, the strategy of its locks, is to be found out afresh. */
const PROCESSES = ['.lock-strategy', 'the log of a stage', 'a cursor'];

/** A run without a process of its own, which takes a tenth of the time. */
async function runHere(world: World): Promise<{ readonly code: number; readonly stderr: string }> {
  const build = world.build('main');
  const now = () => new Date();
  const id = randomBytes(8).toString('hex');
  const history = new RunRecorder(build.directory, id, now);
  const said: string[] = [];
  const report = (event: RunEvent) => {
    said.push(...(event.kind === 'warning' ? [event.text] : []), history.hear(event) ?? '');
  };
  const host = thisHost();
  const { signal } = new AbortController();
  const { environment } = world;
  try {
    const { configFile } = world;
    const context = {
      host,
      now,
      configFile,
      user: 'x',
      command: 'x',
      run: id,
      environment,
      secretVariables: new Set<string>(),
      signal,
      report,
      step: () => undefined,
    };
    const result = await run(build, context);
    said.push('message' in result ? result.message : '');
    return { code: exitCodeOf(result), stderr: said.join('\n') };
  } catch (error) {
    return { code: exitCodeOfFailure(error), stderr: describeFailure(error) };
  }
}

/** What a run ends with; 75 only where something stands at the place of a stage lock, which is another test. */
const FORESEEN = [0, 1, 73];

describe.each(Object.keys(PLACES))('at the place of %s', (name) => {
  test('another program puts something else: the run says what and what to do, and writes nothing through it', async () => {
    const world = await worlds.built();
    const testing = join(world.temporary('main'), '..');
    const head = execFileSync('git', ['-C', world.source, 'rev-parse', 'HEAD'], { encoding: 'utf8' }).trim();
    const aside = `${testing}.aside`;
    const victim = join(world.root, 'victim');
    for (const [kind, plant] of Object.entries(PLANTS)) {
      execFileSync('cp', ['-a', testing, aside]);
      rmSync(victim, { force: true });
      writeFileSync(victim, VICTIM);
      const paths = PLACES[name]?.().map((path) => join(testing, path)) ?? [];
      for (const path of paths) {
        mkdirSync(dirname(path), { recursive: true });
        rmSync(path, { recursive: true, force: true });
        plant(path, victim);
      }
      world.commit(1);
      const ended = PROCESSES.includes(name) ? await stagelock(world, ['run', 'main']) : await runHere(world);
      const what = `${kind}: ${ended.stderr}`;
      expect(ended.stderr, what).not.toMatch(/internal error|\n {4}at /);
      expect(FORESEEN, what).toContain(ended.code);
      if (ended.code === 73) expect(ended.stderr, what).toMatch(/ (is in the way|remove it|into it)/);
      if (ended.code !== 0)
        expect(
          paths.some((path) => ended.stderr.includes(path)),
          what,
        ).toBe(true);
      expect(readFileSync(victim, 'utf8'), what).toBe(VICTIM);
      expect(existsSync(`${victim}.new`), what).toBe(false);
      // All as it was before.
      rmSync(testing, { recursive: true });
      renameSync(aside, testing);
      execFileSync('git', ['-C', world.source, 'reset', '--quiet', '--hard', head]);
    }
  }, 60_000);
});

describe('what `status` and `check` say of it', () => {
  test.each(['Temporary', 'Updates'])(
    '%s: status names what is in the way and what to do, exit code 73',
    async (name) => {
      const world = await worlds.built();
      const path = join(world.temporary('main'), '..', name);
      rmSync(path, { recursive: true });
      execFileSync('mkfifo', [path]);
      const { code, stdout } = await stagelock(world, ['status']);
      expect(stdout).toContain(`${path}: a named pipe is in the way`);
      expect(stdout).toContain(`mv -T -- ${path}`);
      expect(stdout).not.toContain('ENOTDIR');
      expect(code).toBe(73);
    },
  );

  test('cursors: check names what is in the way and what to do', async () => {
    const world = await worlds.built();
    const path = join(world.temporary('main'), '..', 'Updates', 'cursors');
    rmSync(path, { recursive: true });
    execFileSync('mkfifo', [path]);
    const { stdout } = await stagelock(world, ['check']);
    expect(stdout).toContain(`${path}: a named pipe is in the way`);
    expect(stdout).toContain(`mv -T -- ${path}`);
  });
});

test('a secondary that cannot enter the directory of its primary leaves no lock in its own', async () => {
  const world = await worlds.built();
  const path = join(world.temporary('main'), 'protocol.lock');
  rmSync(path, { recursive: true, force: true });
  execFileSync('mkfifo', [path]);
  const { code, stderr } = await stagelock(world, ['run', 's1']);
  expect(stderr).toContain(`${path}: is not a regular file`);
  expect(stderr).toContain('s1 was not built; no lock is left.');
  expect(code).toBe(73);
  rmSync(path);
  expect((await stagelock(world, ['run', 's1'])).code).toBe(0);
});
