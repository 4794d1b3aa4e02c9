// What happened, put together from what the observers saw: who did what from when to when, who waited for whom, and
// which changes each run got.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildsOf, temporaryOf } from './world.mjs';

export function tellStory(world, { witness, locks, runs }) {
  const { events } = witness;
  return {
    world,
    events,
    runs,
    locks: locks.seen,
    activities: ['update', 'build', 'test'].flatMap((what) => activities(events, what)),
    compiles: compiles(events),
    waits: [...waitsForStages(world, runs), ...waitsForObjects(events)].sort((a, b) => a.from - b.from),
    updates: new Map(buildsOf(world).map((build) => [build, updatesOf(world, build, events)])),
    end: Math.max(...runs.map((run) => run.ended)),
  };
}

/** From `begins` to `ends` of something: {build, what, from, to}. */
function activities(events, what) {
  return spans(
    events.filter((event) => event.what === what),
    (event) => event.detail === 'begins',
    (event) => event.build,
  ).map(({ first, last }) => ({ build: first.build, what, from: first.at, to: last.at }));
}

/** Who compiled a shared object from when to when, as seen inside of its lock: {build, object, from, to}. */
function compiles(events) {
  return spans(
    events.filter((event) => isShared(event) && event.what !== 'wants'),
    (event) => event.what === 'holds',
    (event) => `${event.build} ${event.detail}`,
  ).map(({ first, last }) => ({ build: first.build, object: objectOf(first), from: first.at, to: last.at }));
}

/** Pairs each event that opens something with the next one of the same key. */
function spans(events, opens, keyOf) {
  const open = new Map();
  const found = [];
  for (const event of events) {
    const key = keyOf(event);
    if (opens(event)) open.set(key, event);
    else found.push({ first: open.get(key), last: event });
  }
  return found;
}

/** Waits for stage locks, as the runs themselves print them: {build, from, to, what, holder}. */
function waitsForStages(world, runs) {
  return runs.flatMap(({ build, lines, ended }) =>
    lines.flatMap(({ at, text }, index) => {
      const paths = /^waiting for (.*), at most /.exec(text)?.[1]?.split(', ');
      if (paths === undefined) return [];
      const over = lines.slice(index).find((line) => line.text.startsWith('waited '))?.at ?? ended;
      return paths.map((path) => {
        const what = path.split('/').at(-1);
        return {
          build,
          from: at,
          to: over,
          what,
          holder: what === 'update' ? world.primary : what.replace('running.', ''),
        };
      });
    }),
  );
}

/** Waits for objects: somebody wanted one, and somebody else was compiling it. */
function waitsForObjects(events) {
  return events.flatMap((wanted, index) => {
    if (wanted.what !== 'wants') return [];
    const later = events.slice(index);
    const got = later.find(
      (event) => event.what === 'holds' && event.build === wanted.build && event.detail === wanted.detail,
    );
    const before = later
      .slice(0, later.indexOf(got))
      .find((event) => event.what === 'gives' && event.detail === wanted.detail && event.build !== wanted.build);
    if (got === undefined || before === undefined) return [];
    return [{ build: wanted.build, from: wanted.at, to: got.at, what: objectOf(wanted), holder: before.build }];
  });
}

function isShared({ detail }) {
  return detail.startsWith('../shared/');
}

function objectOf({ detail }) {
  return detail.replace('../', '');
}

/** What each run of a build got, from the Update.xml that its build stage saw, in the order of the runs. */
function updatesOf({ root }, build, events) {
  return events
    .filter((event) => event.build === build && event.what === 'build' && event.detail === 'begins')
    .map(({ run, at }) => {
      const xml = readFileSync(join(root, 'updates', `${build}.${run}.xml`), 'utf8');
      const printed = events.find((event) => event.run === run && event.what === 'printed')?.detail;
      return { at, printed, ...parseUpdate(xml) };
    });
}

/** The revisions, and the messages of all commits that touched change.h, which each of them does. */
function parseUpdate(xml) {
  const element = (text, name) => new RegExp(`<${name}>([^<]+)</${name}>`).exec(text)?.[1];
  const head = xml.slice(0, xml.search(/<Directory>|<EndDateTime>/));
  const file = xml.split('<Updated>').find((part) => element(part, 'FullName') === 'change.h');
  const log = file === undefined ? '' : (element(file, 'Log') ?? '');
  return {
    prior: element(head, 'PriorRevision'),
    revision: element(head, 'Revision'),
    changes: log.split('\n').filter((line) => line !== ''),
  };
}

/** How often ct-lock-helper says in the build logs that it waits. */
export function helperWaits({ world }) {
  return buildsOf(world).reduce((count, build) => {
    const directory = join(world.root, temporaryOf(build));
    const logs = readdirSync(directory).filter((name) => name.startsWith('LastBuild_'));
    const texts = logs.map((name) => readFileSync(join(directory, name), 'utf8'));
    return count + (texts.join('').match(/^ct-lock-helper: waiting for /gm) ?? []).length;
  }, 0);
}

/** What ct-lock-helper should not have left: temporaries, and locks that are more than the file of a kernel lock. */
export function leftovers({ world }) {
  const directories = [...buildsOf(world), 'shared'].map((name) => join('builds', name));
  return directories.flatMap((directory) =>
    existsSync(join(world.root, directory))
      ? readdirSync(join(world.root, directory))
          .filter((name) => /\.(tmp|lockdir|excl|pid)$/.test(name))
          .map((name) => join(directory, name))
      : [],
  );
}
