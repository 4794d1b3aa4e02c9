// What the demo claims, each checked against what was seen. A claim is {claim, problem}; no problem: it held.
import { execFileSync } from 'node:child_process';
import { helperWaits, leftovers } from './story.mjs';
import { buildsOf, STAGELOCK } from './world.mjs';

export function checkClaims(story, quietRuns, newest) {
  const { world } = story;
  return [
    claim('every run ended well (exit code 0)', endedBadly(story)),
    claim('nothing was written to stderr', wroteToStderr(story)),
    claim('no update of the source overlapped a build or test', sourceOverlap(story)),
    claim('no object was compiled by two at once', compileOverlap(story)),
    ...buildsOf(world).map((build) =>
      claim(`${build} got every change after its first one, once and in order`, missedChanges(story, build)),
    ),
    claim(`every program prints the newest change (${newest})`, notNewest(story, newest)),
    claim('changes were pushed while builds ran', neverPushedMeanwhile(story)),
    claim('builds waited for stage locks and for shared objects', neverWaited(story)),
    claim('without news a run ends without a word', notQuiet(quietRuns)),
    claim('no lock and no temporary is left', somethingLeft(story)),
  ];
}

function claim(text, problem) {
  return { claim: text, problem };
}

function endedBadly({ runs }) {
  return listed(runs.filter((run) => run.end !== 0).map((run) => `${run.build} ended with ${run.end}`));
}

function wroteToStderr({ runs }) {
  return listed(runs.filter((run) => run.stderr !== '').map((run) => `${run.build}: ${run.stderr.trim()}`));
}

/** The witness log decides: between `begins` and `ends` of an update there is nothing of a build or test. */
function sourceOverlap({ events }) {
  const active = new Set();
  for (const { build, what, detail } of events) {
    if (!['update', 'build', 'test'].includes(what)) continue;
    const activity = `${what} of ${build}`;
    if (detail === 'ends') active.delete(activity);
    if (detail !== 'begins') continue;
    const other = [...active].find((name) => what === 'update' || name.startsWith('update'));
    if (other !== undefined) return `${activity} began during ${other}`;
    active.add(activity);
  }
  return active.size === 0 ? undefined : `${[...active].join(', ')} never ended`;
}

function compileOverlap({ events }) {
  const compiling = new Map();
  for (const { build, what, detail } of events) {
    if (what !== 'holds' && what !== 'gives') continue;
    const object = detail.startsWith('../') ? detail : `${build}/${detail}`;
    if (what === 'gives') compiling.delete(object);
    else if (compiling.has(object)) return `${object} by ${build} and ${compiling.get(object)}`;
    else compiling.set(object, build);
  }
  return undefined;
}

/**
 * The updates form a chain of revisions, and what they list are exactly the commits from its one end to the other. A
 * secondary that begins before the primary's first update finds no revision recorded; its chain begins one run later.
 */
function missedChanges({ world, updates }, build) {
  const own = updates.get(build);
  const [first, second] = own;
  if (first === undefined) return 'it never built';
  const start = first.prior ?? first.revision ?? second?.prior;
  for (const [index, update] of own.slice(1).entries()) {
    const before = own[index].revision ?? start;
    if (update.prior !== before)
      return `run ${index + 2} goes on from ${update.prior?.slice(0, 10)} instead of ${before?.slice(0, 10)}`;
  }
  const expected = execFileSync(
    world.environment.DEMO_GIT,
    ['-C', 'origin.git', 'log', '--reverse', '--format=%s', `${start}..main`],
    { cwd: world.root, env: world.environment, encoding: 'utf8' },
  ).trim();
  const got = own.flatMap((update) => update.changes).join('\n');
  return got === expected ? undefined : `got ${inline(got)} instead of ${inline(expected)}`;
}

function notNewest({ world, updates }, newest) {
  return listed(
    buildsOf(world)
      .map((build) => ({ build, printed: updates.get(build).at(-1)?.printed }))
      .filter(({ printed }) => printed !== newest)
      .map(({ build, printed }) => `${build} printed ${printed}`),
  );
}

function neverPushedMeanwhile({ events }) {
  const building = new Set();
  for (const { build, what, detail } of events) {
    if (what === 'pushed' && building.size > 0) return undefined;
    if (what !== 'build') continue;
    if (detail === 'begins') building.add(build);
    else building.delete(build);
  }
  return 'every push fell between two builds';
}

function neverWaited(story) {
  const forObjects = story.waits.filter((wait) => wait.what.startsWith('shared/')).length;
  if (forObjects === story.waits.length) return 'no run waited for a stage lock';
  if (forObjects === 0) return 'no helper waited for a shared object';
  return helperWaits(story) > 0 ? undefined : 'no ct-lock-helper said in a build log that it waits';
}

function notQuiet(runs) {
  if (runs.length === 0) return 'they were never run';
  return listed(
    runs.flatMap(({ build, end, lines, stderr }) =>
      end === 0 && lines.length === 0 && stderr === '' ? [] : [`${build}: ${lines[0]?.text ?? end}`],
    ),
  );
}

/** Stage locks as `stagelock status` sees them, and whatever lies beside the objects. */
function somethingLeft(story) {
  const { config, environment } = story.world;
  const status = execFileSync(process.execPath, [STAGELOCK, '--config', config, 'status', '--json'], {
    env: environment,
    encoding: 'utf8',
  });
  const locks = JSON.parse(status).builds.flatMap((build) => build.locks.map((lock) => lock.path));
  return listed([...locks, ...leftovers(story)]);
}

function listed(problems) {
  return problems.length === 0 ? undefined : problems.join('; ');
}

function inline(lines) {
  return lines === '' ? 'nothing' : lines.replaceAll('\n', ', ');
}
