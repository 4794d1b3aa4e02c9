// What the demo of hosts claims, each checked against what stages, updates and etcd have recorded. A claim is {claim, problem}; no problem: it held.
import { activitiesOf, eventsOf, gotBy, lastBuilt } from './witness.mjs';
import { BUILDS, keysOf, PRIMARY, stagelock } from './world.mjs';

const FOLLOWERS = BUILDS.filter(({ follows }) => follows !== undefined).map(({ build }) => build);
const REFUSED = 75;
/** What a run that ends well may say: nothing, or that it is not refused any more. */
const OVER = /^(stagelock: \S+: runs again\. .*\n)?$/;

/** @param play that has been performed */
export async function checkClaims(world, play) {
  const [anna] = world.machines;
  const events = eventsOf(world);
  const activities = activitiesOf(events);
  const recorded = await recordedBy(anna);
  const now = await keysOf(anna);
  return [
    claim('each host sees its own directory only', seesOthers(play)),
    claim(
      'each follower built recorded updates only, in their order, each once',
      notAsRecorded(world, activities, recorded),
    ),
    claim('no build of one source saw it change', sawChange(activities)),
    claim('the primary did not update while a follower was building', updatedMeanwhile(activities)),
    claim('no checkout changed under a build, nor under a secondary that shares it', movedMeanwhile(activities)),
    claim('cleo killed: its locks stayed, and kept the primary from updating', locksGone(play.death)),
    claim('cleo killed: `status` on anna says dead, and since when', notDead(play.death)),
    claim(
      'cleo killed: `unlock` on anna freed the primary, and cleo built the rest once it was on again',
      notFreed(play.death, events),
    ),
    claim('ben cut off: its runs ended before their leases were over', tooLate(play.cut, activities)),
    claim('ben cut off: they recorded nothing any more', wroteAfterwards(play.cut)),
    claim('ben cut off: both said why, and `unlock` on anna freed the primary', notSaid(play.cut)),
    claim('after it all every build is at the newest change', notNewest(play, events)),
    claim('no lock is left, in etcd or on a host', await lockLeft(world, now)),
    claim(
      'no run that ended well wrote to stderr, but that an earlier refusal is over; all others ended with 75',
      wrongEnd(play),
    ),
  ];
}

function claim(text, problem) {
  return { claim: text, problem };
}

function seesOthers({ views }) {
  return listed(views.filter(({ name, seen }) => seen !== name).map(({ name, seen }) => `${name} sees "${seen}"`));
}

/** The numbers of the changes that the primary has recorded in etcd, in the order of the records. */
async function recordedBy(machine) {
  const { keys } = await keysOf(machine);
  const log = await machine.must('git', ['--git-dir=origin.git', 'log', '--format=%H %s', 'main']);
  const numbers = new Map([...log.matchAll(/^(\S+) change (\d+)$/gm)].map(([, id, number]) => [id, Number(number)]));
  const records = keys.filter(({ key }) => key.startsWith(`journal/${PRIMARY.build}/records/`));
  return records.map(({ value }) => numbers.get(JSON.parse(value).revision));
}

function notAsRecorded(world, activities, recorded) {
  return listed([
    ...(recorded.length > 3 ? [] : [`only ${recorded.length} records`]),
    ...FOLLOWERS.flatMap((build) => {
      const whole = activities.filter((each) => each.build === build && each.what === 'build' && each.whole);
      const built = whole.map(({ numbers }) => Number([...numbers][0]));
      const strange = built.filter((number) => !recorded.includes(number));
      const got = whole.slice(1).flatMap(({ run }) => gotBy(world, build, run));
      const [first = 0] = built;
      const all = Array.from({ length: recorded.at(-1) - first }, (_, index) => first + 1 + index);
      return [
        ...strange.map((number) => `${build} built ${number}, which is not recorded`),
        ...(built.every((number, index) => index === 0 || number > built[index - 1])
          ? []
          : [`${build} built ${built}`]),
        ...(got.join() === all.join() ? [] : [`${build} got the changes ${got} instead of ${all}`]),
      ];
    }),
  ]);
}

export function sawChange(activities) {
  const builds = activities.filter(({ what }) => what === 'build');
  const changed = builds.filter(({ numbers }) => numbers.size !== 1 || !/^\d+$/.test([...numbers][0]));
  return listed(changed.map(({ build, numbers }) => `${build} saw ${[...numbers].join(' and ')}`));
}

export function updatedMeanwhile(activities) {
  const updates = activities.filter(({ what, build }) => what === 'update' && build === PRIMARY.build);
  if (updates.length < 4) return `${updates.length} updates were seen`;
  const builds = activities.filter(({ what, build }) => what === 'build' && FOLLOWERS.includes(build));
  return overlapping(updates, builds);
}

export function movedMeanwhile(activities) {
  const updates = activities.filter(({ what }) => what === 'update');
  if (updates.length < 12) return `${updates.length} updates were seen`;
  const problems = updates.map((update) =>
    overlapping(
      [update],
      activities.filter(({ what, source }) => what === 'build' && source === update.source),
    ),
  );
  return listed(problems.filter((problem) => problem !== undefined));
}

function overlapping(updates, builds) {
  for (const update of updates) {
    const build = builds.find(({ from, to }) => from < update.to && update.from < to);
    if (build !== undefined) return `${update.build} updated while ${build.build} built ${[...build.numbers]}`;
  }
  return undefined;
}

function locksGone({ builds, building, before, locks, inTheWay }) {
  return listed([
    ...builds.filter((build) => !locks.includes(`locks/${build}/running`)).map((build) => `no lock of ${build}`),
    ...builds
      .filter((build) => !locks.includes(`locks/${PRIMARY.build}/running.${build}`))
      .map((build) => `no mark of ${build}`),
    ...(before === String(building) ? [] : [`${PRIMARY.build} had built ${before} before the locks were cleared`]),
    ...(inTheWay.length > 0 ? [] : [`no run of ${PRIMARY.build} was refused`]),
  ]);
}

function notDead({ statuses }) {
  const good = /has not renewed its lease in etcd for \d+ s/;
  return listed(statuses.filter(({ text }) => !good.test(text)).map(({ build, text }) => `${build}: ${text}`));
}

function notFreed({ builds, next, clearedAt, unlocked }, events) {
  const update = events.find(({ at, build, what }) => at > clearedAt && build === PRIMARY.build && what === 'update');
  const built = (build) =>
    events.some((event) => event.build === build && event.how === 'ends' && event.detail === String(next));
  return listed([
    ...unlocked.filter(({ code }) => code !== 0).map(({ build, stderr }) => `unlock ${build}: ${stderr}`),
    ...(update === undefined ? ['no update came after it'] : []),
    ...builds.filter((build) => !built(build)).map((build) => `${build} has not built ${next}`),
  ]);
}

export function tooLate({ builds, runs, outAt, ended, expiredAt }, activities) {
  return listed(
    builds.flatMap((build, index) => {
      const stage = activities.find(({ run, what }) => run === runs[index] && what === 'build');
      const run = ended[index];
      return [
        ...(stage.to > outAt ? [] : [`the stage of ${build} was not seen after the cut`]),
        ...(stage.whole ? [`the stage of ${build} came to its end`] : []),
        ...(stage.to < expiredAt && run.ended < expiredAt
          ? []
          : [`${build} ended ${run.ended - expiredAt} ms too late`]),
      ];
    }),
  );
}

/** No key but those that say of its end may have been written since, nor may the cursors have moved before a later run did. */
export function wroteAfterwards({ builds, building, runs, cleared, after }) {
  const ofRun = ({ key, value }) => runs.some((run) => key.endsWith(run) || value.includes(run));
  const written = after.keys.filter((entry) => entry.changed > cleared.revision && ofRun(entry));
  const cursor = (build) => cleared.keys.find(({ key }) => key === `journal/${PRIMARY.build}/cursors/${build}`);
  const newest = JSON.parse(cleared.keys.find(({ key }) => key === `journal/${PRIMARY.build}/newest`).value).sequence;
  return listed([
    ...written.map(({ key }) => `${key} was written`),
    ...builds
      .filter((build) => !(Number(cursor(build)?.value) < newest))
      .map((build) => `the cursor of ${build} says that it has built change ${building}`),
  ]);
}

function notSaid({ statuses, unlocked, ended }) {
  const said = /ended in its middle, because etcd has not answered for/;
  return listed([
    ...ended
      .filter(({ code, stderr }) => code !== REFUSED || !said.test(stderr))
      .map((run) => `${run.build}: ${run.code}, ${run.stderr}`),
    ...statuses
      .filter(({ why }) => why === '')
      .map(({ build }) => `the status of ${build} does not say that it is dead`),
    ...unlocked.filter(({ code }) => code !== 0).map(({ build, stderr }) => `unlock ${build}: ${stderr}`),
  ]);
}

function notNewest({ newest }, events) {
  const behind = BUILDS.filter(({ build }) => lastBuilt(events, build) !== String(newest));
  return listed(behind.map(({ build }) => `${build} is at ${lastBuilt(events, build)} instead of ${newest}`));
}

async function lockLeft({ machines }, { keys }) {
  const left = keys.map(({ key }) => key).filter((key) => /^(locks|alive)\//.test(key));
  for (const machine of machines) {
    const { stdout } = await stagelock(machine, 'status', '--json');
    left.push(
      ...JSON.parse(stdout).builds.flatMap(({ locks }) => locks.map(({ path }) => `${path} on ${machine.name}`)),
    );
  }
  return listed(left);
}

function wrongEnd({ runs, death }) {
  const wrong = runs.filter(({ host, code, stderr, ended }) => {
    const killed = host === 'cleo' && ended >= death.killedAt && ended < death.clearedAt;
    return !killed && (code === 0 ? !OVER.test(stderr) : code !== REFUSED);
  });
  return listed(wrong.map(({ build, code, stderr }) => `${build} ended with ${code}: ${stderr}`));
}

function listed(problems) {
  return problems.length === 0 ? undefined : problems.join('; ');
}
