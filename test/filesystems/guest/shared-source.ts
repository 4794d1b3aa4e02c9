// `stagelock run` of a primary on one host and of its secondaries on another one, whose build directories are on a shared
// file system. Prints what came of it as one line of JSON.
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../../support/random.js';
import { World } from '../../support/world.js';
import { type HostName, spawnOnHost } from './hosts.js';

export interface SharedSourceOptions {
  /** Where the build directories are, by the same path on all hosts. */
  readonly directory: string;
  readonly rounds: number;
  /** The program `stagelock`. */
  readonly program: string;
}

export interface SharedSourceResult {
  readonly rounds: number;
  readonly seconds: number;
  readonly commits: number;
  /** The numbers of the commits that each build was told of, over all its runs in their order. */
  readonly reported: Readonly<Record<string, readonly number[]>>;
  /** On which hosts a build has built. */
  readonly hosts: Readonly<Record<string, readonly string[]>>;
  /** What the witness of updates and builds wrote down. */
  readonly overlaps: string;
  /** Runs that ended otherwise than well, or said something to a person. */
  readonly trouble: readonly string[];
  readonly locksLeft: readonly string[];
}

const BUILDS: Readonly<Record<string, HostName>> = { main: 'a', s1: 'b', s2: 'b' };
const LIMIT_MS = 120_000;

async function shareSource({ directory, rounds, program }: SharedSourceOptions): Promise<SharedSourceResult> {
  mkdirSync(directory, { recursive: true });
  const world = new World({
    secondaries: Object.keys(BUILDS).filter((name) => name !== 'main'),
    primary: 'when_secondaries_build = "wait"\nsecondaries_timeout = "100 s"',
    defaults: 'update_timeout = "100 s"',
    // Into the directory of the witness, which both hosts see without a network.
    work: 'echo "$STAGELOCK_BUILD $STAGELOCK_RUN $(hostname)" >> "$(dirname "$STAGELOCK_SOURCE")/order"; sleep 0.2',
    buildsIn: directory,
  });
  world.slowUpdates(0.2);
  const trouble: string[] = [];
  const run = async (name: string): Promise<void> => {
    const words = [process.execPath, program, '-c', world.configFile, 'run', name];
    const { code, stderr } = await end(BUILDS[name] ?? 'a', words, world.environment);
    if (code !== 0 || stderr !== '') trouble.push(`${name}: exit ${code}: ${stderr}`);
  };
  // A new build starts at the present, so all of them are there before the first commit.
  for (const name of Object.keys(BUILDS)) await run(name);
  const random = new Random(20_261_124);
  const began = performance.now();
  let round = 0;
  for (; round < rounds && performance.now() - began < LIMIT_MS && trouble.length === 0; round++) {
    world.commit(1 + random.below(2));
    await Promise.all(
      Object.keys(BUILDS).map(async (name) => {
        await sleep(random.below(1500));
        await run(name);
      }),
    );
  }
  for (const name of Object.keys(BUILDS)) await run(name);

  const lines = readFileSync(join(world.root, 'order'), 'utf8').trim().split('\n');
  const runs = lines.map((line) => line.split(' ') as [build: string, run: string, host: string]);
  const of = <T>(name: string, take: (run: string, host: string) => T): T[] =>
    runs.flatMap(([build, id, host]) => (build === name ? [take(id, host)] : []));
  const byBuild = <T>(take: (name: string) => T): Record<string, T> =>
    Object.fromEntries(Object.keys(BUILDS).map((name) => [name, take(name)]));
  return {
    rounds: round,
    seconds: Math.round((performance.now() - began) / 100) / 10,
    commits: world.commits,
    reported: byBuild((name) => of(name, (id) => world.reported(id) ?? []).flat()),
    hosts: byBuild((name) => [...new Set(of(name, (_id, host) => host))]),
    overlaps: world.overlaps(),
    trouble,
    locksLeft: Object.keys(BUILDS).flatMap((name) => world.lockFiles(name).map((file) => `${name}/${file}`)),
  };
}

function end(
  host: HostName,
  words: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ readonly code: number | null; readonly stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawnOnHost(host, words, { stdio: ['ignore', 'ignore', 'pipe'], env });
    let stderr = '';
    child.stderr?.on('data', (chunk) => {
      stderr += chunk;
    });
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, stderr }));
  });
}

// The witness has to be where both hosts see it without the file system under test.
process.env['TMPDIR'] = '/laboratory/local/tmpfs';
process.stdout.write(
  `${JSON.stringify(await shareSource(JSON.parse(process.argv[2] ?? '{}') as SharedSourceOptions))}\n`,
);
process.exit(0);
