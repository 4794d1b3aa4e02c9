import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Random } from '../support/random.js';
import { until } from '../support/until.js';
import { isRunning, missing, noRoot, Running, STAGELOCK } from './programs.js';

const FAST_CLOCK = fileURLToPath(new URL('../support/fast-clock.mjs', import.meta.url));
const SEED = Number(process.env['STAGELOCK_TORTURE_SEED'] ?? Date.now() % 1_000_000);
const MINUTE_MS = 60_000;
/** Between the firings of a build: two runs in a real second, which two processors get done beside starts and kills. */
const MINUTES = 4;
/** When others look whether a claimed firing was started; besides the random delay. */
const BEGUN_MS = 30_000;
const noHosts =
  noRoot() ??
  missing('unshare') ??
  (spawnSync('unshare', ['--uts', 'hostname', 'a']).status === 0 ? undefined : 'unshare is not permitted');

let root: string;
const started = new Set<Running>();

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'stagelock-hosts-'));
  mkdirSync(join(root, 'mails'));
  writeFileSync(join(root, 'witness'), '');
});
afterEach(async () => {
  for (const running of started) running.kill('SIGKILL');
  await Promise.all([...started].map(({ ended }) => ended));
  started.clear();
  // What they have started goes on for a moment.
  rmSync(root, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
});

/** A clock that goes faster than the real one, the same for all that are given it. */
class FastClock {
  readonly environment: NodeJS.ProcessEnv;
  readonly #speed: number;
  readonly #baseMs = Date.now();

  constructor(speed: number) {
    this.#speed = speed;
    this.environment = {
      STAGELOCK_TEST_CLOCK_SPEED: String(speed),
      STAGELOCK_TEST_CLOCK_BASE: String(this.#baseMs),
    };
  }

  nowMs(): number {
    return this.#baseMs + (Date.now() - this.#baseMs) * this.#speed;
  }

  /** What so much of its time is of ours. */
  real(ms: number): number {
    return ms / this.#speed;
  }

  async untilTime(ms: number): Promise<void> {
    await sleep(Math.max(0, this.real(ms - this.nowMs())));
  }
}

/** One of the machines that run the schedulers of a project. */
class Machine {
  readonly name: string;
  readonly #clock: FastClock | undefined;
  #scheduler: Running | undefined;
  #saidBefore = '';

  constructor(name: string, clock?: FastClock) {
    this.name = name;
    this.#clock = clock;
  }

  start(): void {
    const node = this.#clock === undefined ? [] : ['--import', FAST_CLOCK];
    const scheduler = new Running(
      spawn(
        'unshare',
        [
          '--uts',
          'sh',
          '-c',
          `hostname ${this.name}; exec "$@"`,
          'sh',
          process.execPath,
          ...node,
          STAGELOCK,
          'schedule',
        ],
        {
          cwd: root,
          env: {
            ...process.env,
            ...this.#clock?.environment,
            TZ: 'UTC',
            STAGELOCK_CONFIG: join(root, 'stagelock.toml'),
          },
          stdio: ['ignore', 'pipe', 'pipe'],
        },
      ),
    );
    started.add(scheduler);
    this.#scheduler = scheduler;
  }

  /** Until it has been at work for so long. */
  async untilReady(forMs = 0): Promise<void> {
    const scheduler = this.#scheduler;
    await until(
      () => `the scheduler of ${this.name}: ${scheduler?.output}`,
      () => scheduler !== undefined && isAtWork(scheduler),
      20_000,
    );
    await sleep(forMs);
  }

  /** The scheduler dies; the runs that it has started do not. */
  async kill(): Promise<void> {
    const scheduler = this.#scheduler;
    if (scheduler === undefined) return;
    this.#scheduler = undefined;
    scheduler.kill('SIGKILL');
    const { stdout, stderr } = await scheduler.ended;
    this.#saidBefore += stdout;
    expect(stderr).toBe('');
  }

  async stop(): Promise<void> {
    const scheduler = this.#scheduler;
    if (scheduler === undefined) return;
    scheduler.kill('SIGTERM');
    expect(await scheduler.ended).toMatchObject({ code: 0, stderr: '' });
  }

  /** What all schedulers of this machine have said. */
  get said(): string {
    return this.#saidBefore + (this.#scheduler?.output ?? '');
  }

  get pid(): number {
    return this.#scheduler?.pid ?? 0;
  }
}

/** It says of each build when it is run, and then waits. */
function isAtWork({ output }: Running): boolean {
  const builds = [...readFileSync(join(root, 'stagelock.toml'), 'utf8').matchAll(/^\[builds\.(\w+)\]$/gm)];
  return builds.every(([, name]) => new RegExp(` ${name}: (?:\\*/|when )`).test(output));
}

/** Builds that run every so many minutes, one after the other; each bears witness of the firing for which it was begun. */
function builds(count: number, minutes: number, randomDelay = '0 s'): string[] {
  const names = Array.from({ length: count }, (_, index) => `b${index}`);
  writeFileSync(
    join(root, 'stagelock.toml'),
    `[project]
name = "x"
[scheduler]
max_runs = 20
random_delay = "${randomDelay}"
[defaults.stages.build]
shell = '''
run=$PPID
[ "$(cat /proc/$run/comm)" != stage-keeper ] || run=$(sed -n "s/^PPid:[[:space:]]*//p" /proc/$run/status)
echo "$(tr "\\0" " " < /proc/$run/cmdline)" >> "${root}/witness"'''
${names
  .map(
    (name, index) => `
[builds.${name}]
directory = "${name}"
source = "source/${name}"
schedule = "*/${minutes} * * * *"
offset = "${Math.floor((index * minutes * 60) / count)} s"`,
  )
  .join('\n')}
`,
  );
  for (const name of names) mkdirSync(join(root, 'source', name), { recursive: true });
  return names;
}

/** `b7 20261125T1110Z` for each run that came as far as its stage. */
function witnessed(): string[] {
  const lines = readFileSync(join(root, 'witness'), 'utf8').trimEnd().split('\n');
  return lines
    .map((line) => / --firing (\S+) (?:\S+ )*(\S+) ?$/.exec(line)?.slice(1).reverse().join(' ') ?? line)
    .sort();
}

/** The same for each firing that the schedulers have written down as begun. */
function begun(names: readonly string[]): string[] {
  return names
    .flatMap((build) => {
      const directory = join(root, 'stagelock.state', 'firings', build);
      const files = existsSync(directory) ? readdirSync(directory) : [];
      return files.flatMap((file) => (file.endsWith('.started') ? `${build} ${file.replace('.started', '')}` : []));
    })
    .sort();
}

/** The first firings of builds that run every so many minutes. */
function firingsOf(names: readonly string[], firstMs: number, minutes: number, count: number): string[] {
  const times = Array.from({ length: count }, (_, index) =>
    new Date(firstMs + index * minutes * MINUTE_MS).toISOString().replaceAll(/[-:]/g, '').slice(0, 13),
  );
  return names.flatMap((build) => times.map((time) => `${build} ${time}Z`)).sort();
}

/** When builds that run every so many minutes run next. */
function nextTime(clock: FastClock, minutes: number): number {
  return (Math.floor(clock.nowMs() / (minutes * MINUTE_MS)) + 1) * minutes * MINUTE_MS;
}

describe.skipIf(noHosts !== undefined)(
  `two schedulers on two hosts${noHosts === undefined ? '' : ` (${noHosts})`}`,
  () => {
    test(`run each of 200 firings once, while now the one is killed and now the other (seed ${SEED})`, async () => {
      const random = new Random(SEED);
      const clock = new FastClock(24);
      // Many a kill comes while a firing is undertaken and waits for its time.
      const names = builds(20, MINUTES, '10 s');
      const machines = [new Machine('a', clock), new Machine('b', clock)] as const;
      for (const machine of machines) machine.start();
      for (const machine of machines) await machine.untilReady();
      const firstMs = nextTime(clock, MINUTES);
      const expected = firingsOf(names, firstMs, MINUTES, 10);
      let [victim, survivor] = machines;
      let kills = 0;
      while (clock.nowMs() < firstMs + 10 * MINUTES * MINUTE_MS) {
        // Dies, and soon after its start perhaps once more, anywhere in it.
        do {
          await victim.kill();
          kills++;
          await sleep(random.below(400));
          victim.start();
          await sleep(random.below(600));
        } while (random.chance(0.4));
        // The other may die in its turn when this one has been there for so long that it has taken over what was left.
        await victim.untilReady(clock.real(BEGUN_MS + 15_000) + random.below(500));
        [victim, survivor] = [survivor, victim];
      }
      await until(
        () => `the runs of ${missingFrom(witnessed(), expected).join(', ')}`,
        () => missingFrom(witnessed(), expected).length === 0,
        clock.real(3 * MINUTE_MS),
      );
      for (const machine of machines) await machine.stop();

      expect(expected).toHaveLength(200);
      expect(witnessed()).toEqual([...new Set(witnessed())]);
      expect(witnessed()).toEqual(begun(names));
      // Otherwise there was nothing to it.
      expect(kills).toBeGreaterThan(12);
      const said = machines.map((machine) => machine.said).join('');
      expect(said).toMatch(/no scheduler started the run of [\d-]+ [\d:]+ \S+; taking it over/);
    }, 180_000);

    test('replace each other: when one is killed for good, every later firing is run', async () => {
      const clock = new FastClock(20);
      const names = builds(6, 1, '10 s');
      const machines = [new Machine('a', clock), new Machine('b', clock)] as const;
      for (const machine of machines) machine.start();
      for (const machine of machines) await machine.untilReady();
      const firstMs = nextTime(clock, 1);
      const expected = firingsOf(names, firstMs, 1, 4);
      await clock.untilTime(firstMs + 1.5 * MINUTE_MS);
      await machines[0].kill();
      await clock.untilTime(firstMs + 4 * MINUTE_MS);
      await until(
        () => `the runs of ${missingFrom(witnessed(), expected).join(', ')}`,
        () => missingFrom(witnessed(), expected).length === 0,
        clock.real(3 * MINUTE_MS),
      );
      await machines[1].stop();
      expect(witnessed()).toEqual([...new Set(witnessed())]);
      expect(witnessed()).toEqual(begun(names));
      expect(machines[1].said).toMatch(/started the run of/);
    }, 90_000);

    test('of one name are one too many: the second is refused, and told whose place is taken', async () => {
      builds(1, 1);
      const machine = new Machine('a');
      machine.start();
      await machine.untilReady();
      const second = new Machine('a');
      second.start();
      const refused = [...started].at(-1);
      const { code, stdout, stderr } = (await refused?.ended) ?? { code: 0, stdout: '', stderr: '' };
      expect({ code, stdout }).toEqual({ code: 75, stdout: '' });
      expect(stderr).toContain(`a scheduler of ${join(root, 'stagelock.toml')} is already running on this host`);
      expect(stderr).toMatch(new RegExp(`scheduler\\.a.* pid ${machine.pid} on a\\b`));
      expect(stderr).toContain('send HUP');
      // The first one does not mind, and a third host is welcome.
      const third = new Machine('c');
      third.start();
      await third.untilReady();
      await machine.stop();
      await third.stop();
    });
  },
);

function missingFrom(found: readonly string[], expected: readonly string[]): string[] {
  const set = new Set(found);
  return expected.filter((one) => !set.has(one));
}

describe('a scheduler that was killed', () => {
  const stderrOf = (build: string): string => `${build} has something to say`;

  /** Builds that are run because their trigger has been touched, each until its gate is opened. */
  function gatedBuilds(codes: Readonly<Record<string, number>>): void {
    writeFileSync(join(root, 'sendmail'), `#!/bin/sh\nexec cat > ${root}/mails/$$\n`, { mode: 0o755 });
    const names = Object.keys(codes);
    writeFileSync(
      join(root, 'stagelock.toml'),
      `[project]
name = "x"
[mail]
to = ["team@example.org"]
sendmail = "sendmail"
${names
  .map(
    (name) => `
[builds.${name}]
directory = "${name}"
source = "source/${name}"
watch = ["trigger"]
quiet = "1 s"
[builds.${name}.stages.build]
shell = 'echo ${name} >> ../witness; until test -e ../gate-${name} || ! test -e ../witness; do sleep 0.05; done; echo ${stderrOf(name)}; exit ${codes[name]}'`,
  )
  .join('\n')}
`,
    );
    for (const name of names) mkdirSync(join(root, 'source', name), { recursive: true });
    writeFileSync(join(root, 'trigger'), '');
  }

  const open = (build: string): void => writeFileSync(join(root, `gate-${build}`), '');
  const mails = (): string[] =>
    readdirSync(join(root, 'mails')).map((name) => readFileSync(join(root, 'mails', name), 'utf8'));
  const mailsAbout = (build: string): string[] =>
    mails().filter((mail) => new RegExp(`^Subject: .*${build}`, 'm').test(mail));
  const jobs = (): string[] => readdirSync(join(root, 'stagelock.state', 'jobs'));

  function startScheduler(): Running {
    const scheduler = new Running(
      spawn(process.execPath, [STAGELOCK, 'schedule'], {
        cwd: root,
        env: { ...process.env, STAGELOCK_CONFIG: join(root, 'stagelock.toml') },
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    );
    started.add(scheduler);
    return scheduler;
  }

  async function stop(scheduler: Running): Promise<void> {
    scheduler.kill('SIGTERM');
    expect(await scheduler.ended).toMatchObject({ code: 0, stderr: '' });
  }

  test('leaves runs, of which its successor reports each that failed, once, whether it has ended already or not', async () => {
    gatedBuilds({ early: 1, late: 1, good: 0 });
    const first = startScheduler();
    await until('the runs', () => readFileSync(join(root, 'witness'), 'utf8').split('\n').length === 4);
    const pids = [...first.output.matchAll(/ (\w+): started the run because of a change, process (\d+)$/gm)];
    const pidOf = (build: string): number => Number(pids.find(([, name]) => name === build)?.[2]);
    first.kill('SIGKILL');
    await first.ended;
    for (const build of ['early', 'good']) {
      open(build);
      await until(`the end of ${build}`, () => !isRunning(pidOf(build)));
    }
    expect(isRunning(pidOf('late'))).toBe(true);
    expect(mails()).toEqual([]);

    const second = startScheduler();
    await until('the mail about the run that has ended', () => mailsAbout('early').length > 0);
    expect(isRunning(pidOf('late'))).toBe(true);
    expect(mailsAbout('late')).toEqual([]);
    open('late');
    await until('the mail about the run that went on', () => mailsAbout('late').length > 0, 20_000);
    await stop(second);

    const third = startScheduler();
    await third.untilOutput(/ good: runs when /);
    await stop(third);
    expect(mails()).toHaveLength(2);
    for (const build of ['early', 'late']) {
      const [mail = ''] = mailsAbout(build);
      expect(mail).toMatch(/^To: team@example\.org$/m);
      expect(mail).toContain(hostname());
      expect(mail).toMatch(/build.*(fail|exit code 1)/i);
    }
    expect(jobs()).toEqual([]);
    expect(readFileSync(join(root, 'witness'), 'utf8').split('\n').sort()).toEqual(['', 'early', 'good', 'late']);
  }, 90_000);
});
