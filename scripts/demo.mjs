// What `npm start` runs: the main job of stagelock on real input, in about half a minute and one temporary directory.
//
// A developer pushes changes to a git repository. A primary and two secondaries are started again and again, as cron
// would, and share one source tree; every compile goes through ct-lock-helper, and the secondaries share objects. At the
// end it is shown who held and who waited for what, and checked that all went as claimed, by witnesses that no lock has
// anything to do with. Exits with 1 if a claim did not hold. `--keep` keeps the directory; `--timeline FILE` draws
// the timeline as SVG (docs/timeline.svg).
import { writeFileSync } from 'node:fs';
import { checkClaims } from '../demo/claims.mjs';
import { Clock } from '../demo/clock.mjs';
import { Cron } from '../demo/cron.mjs';
import { print, printClaims, runDemo } from '../demo/demonstration.mjs';
import { LockObserver, Witness } from '../demo/observers.mjs';
import { Report } from '../demo/report.mjs';
import { tellStory } from '../demo/story.mjs';
import { timelineSvg } from '../demo/timeline.mjs';
import { buildsOf, makeWorld, nameOf, push } from '../demo/world.mjs';

/** The developer's pauses between the changes 2, 3, ...: some changes come alone, some in twos. */
const PAUSES = [0.5, 0.3, 3, 3, 0.3, 3];
const LAST_CHANGE = PAUSES.length + 1;
/**
 * The crontab, in seconds: the primary, then the secondaries a moment later, so that they mostly come during an update
 * and then need the same objects at the same time. The last one comes less often and gets several changes at once.
 */
const CRONTAB = [
  { every: 3, offset: 0 },
  { every: 3, offset: 0.3 },
  { every: 6, offset: 0.3 },
];
/** Only a demo that hangs gets here. */
const TIME_LIMIT = 50;

const report = new Report(process.stdout);

/** Lets everything happen and tells of it. Returns whether all claims held. */
async function demonstrate(root, { signal, interruptedBy }, { timeline }) {
  const world = await makeWorld(root);
  const clock = new Clock(signal);
  const show = (who, text) => print(report.live(clock.now(), who, text));
  const locks = new LockObserver(world, clock);
  const witness = new Witness(world, clock);
  const cron = new Cron(world, clock, show);
  signal.addEventListener('abort', () => cron.endRuns());
  print(`One primary (${world.primary}), two secondaries (${world.secondaries.join(', ')}).\nDirectory: ${root}\n`);
  try {
    const newest = nameOf(LAST_CHANGE);
    const upToDate = (build) => witness.lastPrinted(build) === newest;
    await Promise.all([
      develop(world, clock, witness, cron, show),
      ...buildsOf(world).map((build, i) => cron.repeat(build, CRONTAB[i], () => upToDate(build))),
    ]);
    const quietRuns = await cron.onceEach();
    if (interruptedBy() !== undefined) return false;
    witness.read();
    const story = tellStory(world, { witness, locks, runs: cron.runs });
    const good = tell(story, quietRuns, newest);
    if (good && timeline !== undefined) writeFileSync(timeline, timelineSvg(story));
    return good;
  } finally {
    await cron.endRuns();
    locks.close();
    witness.close();
  }
}

/** Pushes one change after the other, best while a build runs: developers do not wait for builds. */
async function develop(world, clock, witness, cron, show) {
  for (const [index, pause] of PAUSES.entries()) {
    await clock.sleep(pause);
    for (let tries = 0; tries < 100 && !witness.building() && !clock.over; tries++) await clock.sleep(0.02);
    if (clock.over || cron.failed) return;
    const change = index + 2;
    await push(world, change);
    witness.tell('pushed', nameOf(change));
    show('developer', `pushed ${nameOf(change)}${witness.building() ? ', while a build runs' : ''}`);
  }
}

/** Prints the story and says whether every claim held. */
function tell(story, quietRuns, newest) {
  print(report.heading('TIMELINE') + report.timeline(story));
  print(report.heading('WHO WAITED') + report.waits(story));
  print(report.heading('STAGE LOCKS, as seen in the directories') + report.locks(story));
  print(report.heading('WHO GOT WHAT') + report.updates(story));
  const claims = checkClaims(story, quietRuns, newest);
  const failed = printClaims(report, claims);
  print(failed === 0 ? '\nAll of it held.' : `\n${failed} of ${claims.length} claims did not hold.`);
  return failed === 0;
}

process.exitCode = await runDemo('demo', TIME_LIMIT, demonstrate, { timeline: { type: 'string' } });
