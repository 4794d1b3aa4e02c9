// What grows with the years of a project: its updates, its runs, its sources, its builds.
import { cpSync, rmSync } from 'node:fs';
import { commit, environment, makeProject, numbers, padded } from './world.mjs';

const JOURNAL = 'main/Testing/Updates';

/** Puts so many updates before those that are there, as if the project were older. */
function age(world, count) {
  const present = world
    .names(JOURNAL)
    .filter((name) => /^\d+\.json$/.test(name))
    .sort();
  const records = present.map((name) => JSON.parse(world.read(`${JOURNAL}/${name}`)));
  for (const name of present) rmSync(world.path(JOURNAL, name));
  const write = (record) =>
    world.write(`${JOURNAL}/${padded(record.sequence)}.json`, `${JSON.stringify(record, null, 1)}\n`);
  const [first] = records;
  for (const sequence of numbers(count)) write({ ...first, sequence });
  for (const record of records) write({ ...record, sequence: record.sequence + count });
  for (const name of world.names(`${JOURNAL}/cursors`)) {
    const path = `${JOURNAL}/cursors/${name}`;
    const cursor = JSON.parse(world.read(path));
    world.write(path, JSON.stringify({ ...cursor, record: cursor.record + count }));
  }
}

/** A project whose primary has run, and its next run, which finds nothing. */
function withoutNews(options, change = () => undefined) {
  const world = makeProject(options);
  world.runStagelock('run', 'main');
  // What hg writes down when it looks at files that are a second old makes the next run look at all of them once more.
  world.runStagelock('run', 'main');
  change(world);
  return { world, command: world.stagelock('run', 'main') };
}

/** The same where each run finds a commit that changes so many files. */
function withNews(options, files, change) {
  const { world, command } = withoutNews(options, change);
  return { world, command, before: () => commit(world, files, options.type) };
}

/** What a directory holds is put back before each run. */
function keeping(world, directory) {
  cpSync(world.path(directory), world.path(`${directory}.kept`), { recursive: true, preserveTimestamps: true });
  return () => {
    rmSync(world.path(directory), { recursive: true });
    cpSync(world.path(`${directory}.kept`), world.path(directory), { recursive: true, preserveTimestamps: true });
  };
}

function writeHistory(world, lines) {
  const line = world.read('main/Testing/History.jsonl');
  world.write('main/Testing/History.jsonl', line.repeat(Math.ceil(lines / 2)));
}

function keepRuns(world, count) {
  for (const n of numbers(count)) {
    const minute = new Date(Date.UTC(2020, 0, 1, 0, n)).toISOString();
    const tag = `${minute.slice(0, 10).replaceAll('-', '')}-${minute.slice(11, 16).replace(':', '')}`;
    world.write(`main/Testing/${tag}/Build.xml`, '<Site/>\n');
  }
}

export const dimensions = [
  {
    name: 'records in the journal, run without news',
    growth: 'constant',
    make: (size) => withoutNews({}, (world) => age(world, size)),
  },
  {
    name: 'records in the journal, run with news',
    growth: 'constant',
    make: (size) => withNews({}, 1, (world) => age(world, size)),
  },
  {
    name: 'files of the newest update, run without news',
    growth: 'constant',
    make(size) {
      return withoutNews({ files: size }, (world) => {
        commit(world, size);
        world.runStagelock('run', 'main');
      });
    },
  },
  {
    name: 'files of an update, its run',
    growth: 'linear',
    make: (size) => withNews({ files: size }, size),
  },
  {
    name: 'updates that a secondary has missed, its run',
    growth: 'linear',
    sizes: [3, 30, 300],
    make(size) {
      const { world } = withoutNews({ secondaries: 1 });
      world.runStagelock('run', 's1');
      age(world, size);
      const cursor = `${JOURNAL}/cursors/s1.json`;
      world.write(cursor, JSON.stringify({ ...JSON.parse(world.read(cursor)), record: 1 }));
      return { world, command: world.stagelock('run', 's1'), before: keeping(world, `${JOURNAL}/cursors`) };
    },
  },
  ...['git', 'svn', 'hg'].map((type) => ({
    name: `files in the source (${type}), run without news`,
    growth: 'constant',
    make: (size) => withoutNews({ type, files: size }),
  })),
  ...['git', 'svn', 'hg'].map((type) => ({
    name: `files in the source (${type}), update of one`,
    growth: 'linear',
    make: (size) => withNews({ type, files: size }, 1),
  })),
  ...['svn', 'hg'].map((type) => ({
    name: `files of an update (${type}), its run`,
    growth: 'linear',
    make: (size) => withNews({ type, files: size }, size),
  })),
  {
    name: 'lines of the history, run without news',
    growth: 'constant',
    make: (size) => withoutNews({}, (world) => writeHistory(world, size)),
  },
  {
    name: 'runs kept, run with news',
    growth: 'constant',
    make: (size) => withNews({}, 1, (world) => keepRuns(world, size)),
  },
  {
    name: 'secondaries, run of the primary without news',
    growth: 'linear',
    sizes: [3, 30, 300],
    make: (size) => withoutNews({ secondaries: size }),
  },
  {
    name: 'builds in the configuration, run of one without news',
    growth: 'linear',
    make: (size) => withoutNews({ builds: size }),
  },
  {
    name: 'files in the source (git), git pull --ff-only alone',
    growth: 'linear',
    make(size) {
      const world = makeProject({ files: size });
      const argv = ['git', 'pull', '-q', '--ff-only'];
      return { world, command: { argv, cwd: world.path('source'), env: environment }, before: () => commit(world) };
    },
  },
];
