import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { inject } from './injection.js';
import { FAILURES, type Outcome } from './outcome.js';
import { play } from './play.js';
import { SYSTEMS, type System } from './repository.js';
import { scheduleOf } from './schedule.js';
import { canMount, firstOf, type Machine } from './world.js';

const USAGE = `npm run test:campaign -- [OPTION]...
What an outsider would do to a primary and three secondaries: kills, stops, full disks, clock jumps, pushes, double starts,
renamed directories, by seeded schedules. Prints counts; for a failure the seed and the last events. Exit code 1 after any.

  --schedules N    how many, over all systems (default 30)
  --system NAME    git, svn, hg or cvs only
  --first N        the first seed (default 1)
  --seed N         this seed only, with --system
  --injections N   faults of the kernel at single system calls of git's update and of a join (default 24; 0 for none)
  --keep           leaves the directory of each schedule
  --jobs N         schedules at the same time (default: as many as there are processors, at most 4)
  --program FILE   another stagelock.js than the one in dist/
  --report FILE    counts as vitest writes them with --reporter=json
`;

/** The whole program. @param root the project @returns its exit code */
export async function campaign(root: string, argv: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      schedules: { type: 'string', default: '30' },
      system: { type: 'string' },
      first: { type: 'string', default: '1' },
      seed: { type: 'string' },
      injections: { type: 'string', default: '24' },
      keep: { type: 'boolean', default: false },
      jobs: { type: 'string', default: String(Math.min(4, availableParallelism())) },
      report: { type: 'string' },
      program: { type: 'string', default: join(root, 'dist', 'stagelock.js') },
      help: { type: 'boolean', default: false },
    },
  });
  const only = SYSTEMS.find((system) => system === values.system);
  if (values.help || (values.system !== undefined && only === undefined) || (values.seed && only === undefined)) {
    process.stdout.write(USAGE);
    return values.help ? 0 : 2;
  }
  const first = Number(values.seed ?? values.first);
  const systems = (only === undefined ? SYSTEMS : [only]).filter(isInstalled);
  const count = values.seed === undefined ? Number(values.schedules) : 1;
  const schedules = systems.flatMap((system, index) =>
    Array.from({ length: Math.floor((count + index) / systems.length) }, (_, offset) =>
      scheduleOf(first + offset, system),
    ),
  );
  const directory = mkdtempSync(join(tmpdir(), 'stagelock-halt-'));
  const machine = machineAt(root, resolve(values.program), directory);
  const knowsKill = /^\s+kill\b/m.test(
    spawnSync(process.execPath, [machine.program, '--help'], { encoding: 'utf8' }).stdout,
  );
  const tally = new Tally();
  const setting = { machine, knowsKill, keep: values.keep };
  await inParallel(schedules, Number(values.jobs), async (schedule) => {
    const replay = `--seed ${schedule.seed} --system ${schedule.system} --injections 0`;
    tally.add(replay, await play(schedule, setting));
  });
  const injections = values.seed === undefined ? Number(values.injections) : 0;
  const tracer = spawnSync('strace', ['-e', 'trace=none', 'true'], { stdio: 'ignore' }).status === 0;
  if (injections > 0 && tracer) {
    const system = only ?? 'git';
    const replay = `--schedules 0 --injections ${injections} --first ${first} --system ${system}`;
    tally.add(replay, await inject({ ...setting, system, count: injections, seed: first }));
  } else if (injections > 0)
    process.stdout.write('skipped: faults at system calls need strace, and the right to trace\n');
  rmSync(directory, { recursive: true });
  process.stdout.write(tally.text());
  if (values.report !== undefined)
    writeFileSync(values.report, JSON.stringify(tally.report(SYSTEMS.length - systems.length)));
  return tally.failed === 0 && tally.passed > 0 ? 0 : 1;
}

/** What has come of all schedules. */
class Tally {
  passed = 0;
  failed = 0;
  #runs = 0;
  readonly #accidents = new Map<string, number>();
  readonly #failures = new Map<string, number>(FAILURES.map((kind) => [kind, 0]));

  /** Takes one into account, and tells at once of one that failed. */
  add(replay: string, { runs, accidents, failures, lastEvents, kept }: Outcome): void {
    this.#runs += runs;
    for (const [kind, count] of accidents) add(this.#accidents, kind, count);
    for (const { kind } of failures) add(this.#failures, kind, 1);
    if (kept !== undefined) process.stdout.write(`${replay}: kept in ${kept}\n`);
    if (failures.length === 0) {
      this.passed += 1;
      return;
    }
    this.failed += 1;
    const lines = [
      `FAILED: npm run test:campaign -- ${replay}`,
      ...failures.slice(0, 12).map(({ kind, what }) => `  ${kind}: ${what.trim().replaceAll('\n', '\n    ')}`),
      `  last events:`,
      ...lastEvents.map((line) => `  ${line.slice(0, 500)}`),
    ];
    process.stdout.write(`${lines.join('\n')}\n\n`);
  }

  text(): string {
    const table = (counts: ReadonlyMap<string, number>): string[] =>
      [...counts]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([kind, count]) => `  ${String(count).padStart(5)}  ${kind}`);
    const lines = [
      `schedules: ${this.passed + this.failed}, runs: ${this.#runs}`,
      'accidents:',
      ...table(this.#accidents),
      'failures:',
      ...table(this.#failures),
      `${this.passed} passed, ${this.failed} failed`,
    ];
    return `${lines.join('\n')}\n`;
  }

  /** In the form of vitest's JSON report. @param missing how many systems could not be tried */
  report(missing: number): unknown {
    return { numPassedTests: this.passed, numFailedTests: this.failed, numPendingTests: missing };
  }
}

function add(counts: Map<string, number>, kind: string, count: number): void {
  counts.set(kind, (counts.get(kind) ?? 0) + count);
}

function isInstalled(system: System): boolean {
  const there = spawnSync(system, ['--version'], { stdio: 'ignore' }).status === 0;
  if (!there) process.stdout.write(`skipped: ${system} is not installed\n`);
  return there;
}

function machineAt(root: string, program: string, directory: string): Machine {
  const halt = join(directory, 'halt.so');
  const arguments_ = ['-shared', '-fPIC', '-O1', '-o', halt, join(root, 'test', 'campaign', 'halt.c'), '-ldl'];
  const built = spawnSync('cc', arguments_, { stdio: 'ignore' }).status === 0;
  if (!built) process.stdout.write('skipped: strikes between two files of an update need a C compiler\n');
  const mounts = canMount();
  if (!mounts) process.stdout.write('skipped: full disks need the right to mount\n');
  const libraries = execFileSync('sh', ['-c', 'ls /usr/lib/*/faketime/libfaketime.so.1 2>/dev/null || true'], {
    encoding: 'utf8',
  });
  const faketime = firstOf(libraries.split('\n'));
  if (faketime === undefined) process.stdout.write('skipped: clock jumps need faketime, which is not installed\n');
  return { program, halt: built ? halt : undefined, faketime, mounts };
}

/** Runs them all, so many at the same time. */
async function inParallel<T>(items: readonly T[], jobs: number, act: (item: T) => Promise<void>): Promise<void> {
  const rest = [...items];
  const work = async (): Promise<void> => {
    for (let item = rest.shift(); item !== undefined; item = rest.shift()) await act(item);
  };
  await Promise.all(Array.from({ length: jobs }, work));
}
